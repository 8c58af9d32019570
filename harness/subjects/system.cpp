#include "harness/subjects/system.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "allocator/domains/memory_system.hpp"
#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;

/// Wraps the allocator of a domain: forwards every call, and counts those that came and those that came with
/// another wrapper's context.
class Forwarder {
 public:
  explicit Forwarder(Domain domain) : domain_(domain) {}

  void wrap(const AllocatorFunctions& base) { base_ = base; }
  [[nodiscard]] const AllocatorFunctions& base() const { return base_; }
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  void reset() { calls_ = 0; }

  [[nodiscard]] AllocatorFunctions functions() {
    return {this,
            [](void* context, std::size_t size) {
              const AllocatorFunctions& base = entered(context);
              return base.malloc(base.context, size);
            },
            [](void* context, std::size_t count, std::size_t size) {
              const AllocatorFunctions& base = entered(context);
              return base.calloc(base.context, count, size);
            },
            [](void* context, void* block, std::size_t size) {
              const AllocatorFunctions& base = entered(context);
              return base.realloc(base.context, block, size);
            },
            [](void* context, void* block) {
              const AllocatorFunctions& base = entered(context);
              base.free(base.context, block);
            }};
  }
  [[nodiscard]] Domain domain() const { return domain_; }

 private:
  [[nodiscard]] static const AllocatorFunctions& entered(void* context) {
    auto& self = *static_cast<Forwarder*>(context);
    ++self.calls_;
    return self.base_;
  }

  Domain domain_;
  AllocatorFunctions base_;
  std::uint64_t calls_ = 0;
};

/// A memory system with its three domains over a region: a block belongs to the domain that was in use when
/// it was asked for, and goes back to it. What the debug layers see is an accusation, as traces misuse
/// nothing.
class SystemSubject final : public Subject {
 public:
  SystemSubject(std::string_view name, Choice choice, unsigned region)
      : name_(name),
        choice_(choice),
        region_(region),
        source_(region_, Modern::arena_size, Modern::pool_size),
        raw_(region_) {
    start();
  }
  ~SystemSubject() override { system_.reset(); }

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] void* malloc(std::size_t size) override {
    return served(size, answer(size, [&] { return system_->malloc(domain_, size); }));
  }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    std::size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) total = SIZE_MAX;
    return served(total, answer(total, [&] { return system_->calloc(domain_, count, size); }));
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    const Domain owner = block == nullptr ? domain_ : owner_.at(block);
    void* const result = answer(
        size, [&] { return system_->realloc(owner, block, size); }, owner);
    if (result != nullptr && result != block) owner_.erase(block);
    return result;
  }
  void free(void* block) override {
    const Domain owner = block == nullptr ? domain_ : owner_.at(block);
    expect_call(owner);
    owner_.erase(block);
    system_->free(owner, block);
  }

  [[nodiscard]] std::size_t owed_alignment(std::size_t /*size*/) const noexcept override { return 16; }
  [[nodiscard]] bool refusal_justified() const override { return refusal_justified_; }
  [[nodiscard]] bool holds(const void* block, std::size_t size) const override {
    // A block of the raw allocator begins in front of the data where a debug layer guards it.
    const std::uintptr_t front = choice_.debug ? guard : 0;
    return source_.holds(address_of(block), size) || raw_.holds(address_of(block) - front, size + front);
  }

  void fail_arenas(std::uint64_t requests) override { source_.fail_next(requests); }
  void fail_raw(std::uint64_t requests) override { raw_.fail_next(requests); }
  void place(Placement placement) override { source_.place(placement); }

  [[nodiscard]] bool has_domains() const override { return true; }
  void use_domain(Domain domain) override { domain_ = domain; }
  void hook(bool on) override {
    Forwarder& forwarder = forwarders_[static_cast<std::size_t>(domain_)];
    bool& hooked = hooked_[static_cast<std::size_t>(domain_)];
    if (on == hooked) return;
    hooked = on;
    if (on) forwarder.wrap(system_->allocator(domain_));
    system_->set_allocator(domain_, on ? forwarder.functions() : forwarder.base());
  }

  [[nodiscard]] std::optional<Violation> check_near(const void* /*block*/) override { return accusation(); }

  [[nodiscard]] std::optional<Violation> check() override {
    for (const Forwarder& forwarder : forwarders_) {
      const std::uint64_t due = due_calls_[static_cast<std::size_t>(forwarder.domain())];
      if (forwarder.calls() != due) {
        return Violation{"domains.allocator-called",
                         {},
                         std::to_string(due) + " calls of the allocator that was set for the domain " +
                             std::string(to_string(forwarder.domain())),
                         std::to_string(forwarder.calls())};
      }
    }
    for (DebugLayer* const layer : system_->debug_layers()) (void)layer->check();
    if (auto violation = accusation()) return violation;
    const Readable readable = {[](const void* source, std::uintptr_t address, std::size_t size) {
                                 return static_cast<const RegionArenaSource*>(source)->holds(address, size);
                               },
                               &source_};
    const Statistics figures = system_->statistics();
    if (figures.bytes.total() != source_.live() * Modern::arena_size) {
      return Violation{"statistics.account-for-every-byte",
                       {},
                       std::to_string(source_.live() * Modern::arena_size) + " bytes of arenas accounted for",
                       std::to_string(figures.bytes.total())};
    }
    return system_->check(readable);
  }

  [[nodiscard]] std::optional<std::string> teardown() override {
    system_.reset();
    if (source_.live() != 0) return std::to_string(source_.live()) + " arenas not released";
    if (raw_.live() != 0) return std::to_string(raw_.live()) + " blocks of the raw allocator not freed";
    if (source_.wrong_releases() != 0) return "an arena released that was not live, or with a wrong size";
    if (raw_.wrong_frees() != 0)
      return "a free or realloc by the raw allocator of what is no live block of it";
    return std::nullopt;
  }

  void reset() override {
    system_.reset();
    source_.reset();
    raw_.reset();
    owner_.clear();
    damage_.clear();
    due_calls_ = {};
    hooked_ = {};
    misserved_.clear();
    arenas_refused_ = 0;
    for (Forwarder& forwarder : forwarders_) forwarder.reset();
    start();
  }

 private:
  static constexpr std::size_t guard = 2 * sizeof(std::size_t);

  void start() {
    Foundation foundation;
    foundation.raw = raw_functions();
    foundation.arenas = {&source_,
                         [](void* source, std::size_t size) {
                           return static_cast<RegionArenaSource*>(source)->allocate(size);
                         },
                         [](void* source, void* arena, std::size_t size) {
                           static_cast<RegionArenaSource*>(source)->release(arena, size);
                         }};
    foundation.debug.registry = true;
    foundation.debug.handler = {[](void* subject, const BlockDamage& damage) {
                                  static_cast<SystemSubject*>(subject)->damage_ = headline(damage);
                                },
                                this};
    system_ = std::make_unique<MemorySystem>(choice_, foundation);
    domain_ = Domain::mem;
    refusal_justified_ = true;
  }

  /// The region's raw allocator as a domain has one.
  [[nodiscard]] AllocatorFunctions raw_functions() {
    return {&raw_,
            [](void* raw, std::size_t size) -> void* {
              return size > most ? nullptr : static_cast<RegionRaw*>(raw)->malloc(size == 0 ? 1 : size);
            },
            [](void* raw, std::size_t count, std::size_t size) -> void* {
              if (size != 0 && count > most / size) return nullptr;
              return static_cast<RegionRaw*>(raw)->calloc(count * size == 0 ? 1 : count * size, 1);
            },
            [](void* raw, void* block, std::size_t size) -> void* {
              return size > most ? nullptr
                                 : static_cast<RegionRaw*>(raw)->realloc(block, size == 0 ? 1 : size);
            },
            [](void* raw, void* block) {
              if (block != nullptr) static_cast<RegionRaw*>(raw)->free(block);
            }};
  }
  static constexpr std::size_t most = PTRDIFF_MAX;

  void expect_call(Domain domain) {
    if (hooked_[static_cast<std::size_t>(domain)]) ++due_calls_[static_cast<std::size_t>(domain)];
  }

  /// Notes a block that did not come from where its domain and size say. (CPython wrapped the wrong
  /// allocators once: bpo-32030, bpo-35368.)
  [[nodiscard]] void* served(std::size_t size, void* block) {
    if (block == nullptr) return nullptr;
    const std::size_t total = size + (choice_.debug ? 3 * sizeof(std::size_t) : 0);
    const bool from_pools = source_.holds(address_of(block), 1);
    const bool due = choice_.pools && domain_ != Domain::raw && total - 1 < Modern::small_request_threshold;
    if (from_pools == due) return block;
    // Where no arena can be had (for want of a table entry or a radix node too) the raw allocator serves.
    const std::uint64_t refused = system_->statistics().events.refused;
    if (due && refused > std::exchange(arenas_refused_, refused)) return block;
    misserved_ = std::to_string(size) + " bytes of the domain " + std::string(to_string(domain_)) +
                 (from_pools ? " from a pool" : " from the raw allocator");
    return block;
  }

  /// What was seen while an operation ran.
  [[nodiscard]] std::optional<Violation> accusation() const {
    if (!misserved_.empty())
      return Violation{"domains.served-by",
                       {},
                       "a block from pools where they serve its domain and size, else none",
                       misserved_};
    if (!damage_.empty())
      return Violation{"debug.no-false-alarm", {}, "no damage: nothing was misused", damage_};
    return std::nullopt;
  }

  template <class Request>
  [[nodiscard]] void* answer(std::size_t size, const Request& request, std::optional<Domain> owner = {}) {
    const Domain domain = owner.value_or(domain_);
    expect_call(domain);
    const std::uint64_t refused = raw_.refused();
    void* const block = request();
    // The guards of a debug layer count too, 4 words at most; and one that accuses somebody refuses, and is
    // judged for that.
    refusal_justified_ = block != nullptr || !damage_.empty() ||
                         size > most - (choice_.debug ? 4 * sizeof(std::size_t) : 0) ||
                         raw_.refused() != refused;
    if (block != nullptr) owner_[block] = domain;
    return block;
  }

  std::string_view name_;
  Choice choice_;
  Region region_;
  RegionArenaSource source_;
  RegionRaw raw_;
  std::unique_ptr<MemorySystem> system_;
  Domain domain_ = Domain::mem;
  std::array<Forwarder, domains> forwarders_{Forwarder(Domain::raw), Forwarder(Domain::mem),
                                             Forwarder(Domain::object)};
  std::array<bool, domains> hooked_{};
  std::array<std::uint64_t, domains> due_calls_{};
  std::unordered_map<const void*, Domain> owner_;  ///< of every live block
  std::string damage_;
  std::string misserved_;
  std::uint64_t arenas_refused_ = 0;  ///< as far as an answer was excused by it
  bool refusal_justified_ = true;
};

/// Regions that no home subject of a usual instance has, nor the other kinds that have one each.
constexpr unsigned first_region = Region::limit - 5;

template <bool pools, bool debug, unsigned number>
std::unique_ptr<Subject> make(unsigned /*instance*/) {
  return std::make_unique<SystemSubject>(pools ? systems_on_pools[debug ? 1 : 0] : systems_on_raw[0],
                                         Choice{pools, debug}, first_region + number);
}

/// Those of system_subjects().
struct Registrations {
  Registrations() {
    if constexpr (with_pools) {
      SubjectRegistration(systems_on_pools[0], "three domains, Mem and Object from pools (modern)",
                          &make<true, false, 0>);
      SubjectRegistration(systems_on_pools[1], "the same, each domain under the debug layer",
                          &make<true, true, 1>);
    }
    SubjectRegistration(systems_on_raw[0], "three domains of the raw allocator, under the debug layer",
                        &make<false, true, 2>);
  }
};
const Registrations registrations;

}  // namespace
}  // namespace poolhammer
