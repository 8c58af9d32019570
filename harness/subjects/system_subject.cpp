#include "harness/subjects/system_subject.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "harness/subjects/given_back.hpp"

namespace poolhammer {

using namespace pymalloc;

namespace {

constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max();

}  // namespace

SystemSubject::SystemSubject(std::string_view name, Choice choice, unsigned region)
    : name_(name),
      choice_(choice),
      region_(region),
      source_(region_, Modern::arena_size, Modern::pool_size),
      raw_(region_, &journal_),
      arenas_(source_),
      front_(Choice{false, false}) {
  for (std::size_t i = 0; i < domains; ++i) {
    const auto each = static_cast<Domain>(i);
    doors_.at(i) = {this, each};
    front_.set_allocator(each, door(each));
  }
  start();
}

SystemSubject::~SystemSubject() {
  end();
}

/// One that a run has left in the middle, as a run does that finds something, may be damaged: it is
/// forgotten where a checker of leaks finds it in use, never destroyed.
void SystemSubject::end() {
  static auto* const forgotten = new std::vector<MemorySystem*>;
  arenas_.enter();
  if (used_)
    forgotten->push_back(system_.release());
  else
    system_.reset();
}

void SystemSubject::start() {
  model_ = DebugModel(model_.settings());
  raw_refused_ = raw_.refused();
  journal_.open(choice_.debug);
  system_ = std::make_unique<MemorySystem>(choice_, foundation());
  hooks_.begin(*system_);
  arenas_refused_ = 0;
  requests_until_refusal_ = 0;
  domain_ = Domain::mem;
  way_ = Way::cpp;
  refusal_justified_ = true;
  owned_.clear();
  reports_.clear();
  asked_too_much_ = false;
  used_ = false;
}

Foundation SystemSubject::foundation() {
  Foundation foundation;
  foundation.raw = raw_functions();
  foundation.arenas = arenas_.begin();
  const DebugSettings& settings = model_.settings();
  foundation.debug.serials = settings.serials;
  foundation.debug.registry = settings.registry;
  foundation.debug.stacks = settings.stacks;
  foundation.debug.quarantine_bytes = settings.quarantine;
  foundation.debug.handler = {[](void* subject, const BlockDamage& damage) {
                                static_cast<SystemSubject*>(subject)->reports_.push_back(damage);
                              },
                              this};
  return foundation;
}

/// The region's raw allocator as a domain has one.
AllocatorFunctions SystemSubject::raw_functions() {
  static constexpr auto asked = [](void* subject, std::size_t size) {
    auto& self = *static_cast<SystemSubject*>(subject);
    self.asked_too_much_ = self.asked_too_much_ || size > most;
    if (self.requests_until_refusal_ != 0 && --self.requests_until_refusal_ == 0) self.raw_.fail_next(1);
    return size <= most;
  };
  return {this,
          [](void* subject, std::size_t size) -> void* {
            RegionRaw& raw = static_cast<SystemSubject*>(subject)->raw_;
            return asked(subject, size) ? raw.malloc(std::max<std::size_t>(size, 1)) : nullptr;
          },
          [](void* subject, std::size_t count, std::size_t size) -> void* {
            std::size_t total = 0;
            if (__builtin_mul_overflow(count, size, &total)) total = SIZE_MAX;
            RegionRaw& raw = static_cast<SystemSubject*>(subject)->raw_;
            return asked(subject, total) ? raw.calloc(std::max<std::size_t>(total, 1), 1) : nullptr;
          },
          [](void* subject, void* block, std::size_t size) -> void* {
            RegionRaw& raw = static_cast<SystemSubject*>(subject)->raw_;
            return asked(subject, size) ? raw.realloc(block, std::max<std::size_t>(size, 1)) : nullptr;
          },
          [](void* subject, void* block) {
            if (block != nullptr) static_cast<SystemSubject*>(subject)->raw_.free(block);
          }};
}

void* SystemSubject::malloc(std::size_t size) {
  return judged({Function::malloc, domain_, nullptr, 0, size});
}

void* SystemSubject::calloc(std::size_t count, std::size_t size) {
  return judged({Function::calloc, domain_, nullptr, count, size});
}

void* SystemSubject::realloc(void* block, std::size_t size) {
  if (block == nullptr) return judged({Function::realloc, domain_, nullptr, 0, size});
  const Owned owned = owned_.at(block);
  if (owned.alignment == 0) return judged({Function::realloc, owned.domain, block, 0, size});
  // A memory resource has no realloc.
  void* const moved = give_by_resource(size, owned.alignment, owned.domain);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(size, owned.size));
  free(block);
  return moved;
}

void SystemSubject::free(void* block) {
  if (block == nullptr)
    (void)judged({Function::free, domain_, nullptr, 0, 0});
  else
    free_owned(owned_.at(block), block);
}

bool SystemSubject::holds(const void* block, std::size_t size) const {
  if (source_.holds(address_of(block), size)) return true;
  const auto owned = owned_.find(block);
  if (owned == owned_.end()) return false;
  // A block of the raw allocator begins in front of the data where a debug layer guards it.
  const std::uintptr_t start = address_of(owned->second.given) - (choice_.debug ? DebugModel::front : 0);
  return address_of(block) >= start && raw_.holds(start, address_of(block) - start + size);
}

void SystemSubject::hook(bool on) {
  const bool hooked = hooks_.setting(domain_).context.has_value();
  if (on == hooked) return;
  hooks_.set(domain_, {on ? std::optional(0U) : std::nullopt, {}});
  note(hooks_.complaint());
}

std::span<const OwnOperation> SystemSubject::own_operations() const {
  return detail::own_operations<SystemSubject>();
}

OwnAnswer SystemSubject::perform_own(const OwnCall& call) {
  OwnAnswer answered;
  detail::visit_own<SystemSubject>(call.number, [&](const auto& spec) {
    using Spec = std::remove_cvref_t<decltype(spec)>;
    const auto invoke = [&] { return detail::invoke_own(spec, *this, call.block, 0, call.numbers); };
    if constexpr (detail::returns_block<SystemSubject, Spec>)
      answered.block = invoke();
    else
      invoke();
  });
  return answered;
}

SystemSubject::Performed SystemSubject::perform(const DomainCall& call) {
  Performed performed;
  used_ = true;
  performed.site = next_site_++ % CallSites::count;
  journal_.clear();
  asked_too_much_ = false;
  const std::uint64_t refused = raw_.refused();
  arenas_.enter();
  hooks_.expect(call);
  auto make = [&] { performed.block = call_system(call); };
  sites_.from(performed.site, make);
  hooks_.settle();
  performed.refusals = raw_.refused() - refused;
  note(hooks_.complaint());
  note(arenas_.complaint());
  return performed;
}

void* SystemSubject::call_system(const DomainCall& call) {
  switch (call.function) {
    case Function::malloc:
      return system_->malloc(call.domain, call.size);
    case Function::calloc:
      return system_->calloc(call.domain, call.count, call.size);
    case Function::realloc:
      return system_->realloc(call.domain, call.block, call.size);
    case Function::free:
      system_->free(call.domain, call.block);
      break;
  }
  return nullptr;
}

void* SystemSubject::judged(const DomainCall& call) {
  if (way_ == Way::c && !behind_door_) return call_c_interface(call);
  const Performed performed = perform(call);
  if (call.function != Function::free) judge_refusal(call, performed);
  if (choice_.debug && reports_.empty()) judge_debug(call, performed);
  if (call.function == Function::free) {
    owned_.erase(call.block);
    return nullptr;
  }
  if (performed.block == nullptr) return nullptr;
  const std::size_t size = call.function == Function::calloc ? call.count * call.size : call.size;
  if (call.block != nullptr) owned_.erase(call.block);
  owned_[performed.block] = {call.domain, static_cast<std::byte*>(performed.block), size, 0};
  if (call.block == nullptr) judge_service(call, performed.block);
  return performed.block;
}

void SystemSubject::judge_refusal(const DomainCall& call, const Performed& performed) {
  std::size_t size = call.size;
  if (call.function == Function::calloc && __builtin_mul_overflow(call.count, call.size, &size))
    size = SIZE_MAX;
  // One that accuses somebody refuses, and is judged for that.
  refusal_justified_ =
      performed.block != nullptr || !reports_.empty() || size > most - pads() || performed.refusals != 0;
  if (choice_.debug && asked_too_much_)
    note("domains.raw-requests", "no request over PTRDIFF_MAX of what is below the debug layer",
         "one, for a block of " + std::to_string(size) + " bytes");
}

/// What a correct call must have left behind, where layers guard the blocks.
void SystemSubject::judge_debug(const DomainCall& call, const Performed& performed) {
  const BelowCall seen = below(call.domain, performed.refusals);
  if (call.function == Function::free) {
    if (call.block != nullptr && model_.live(call.block) != nullptr)
      note(model_.freed(call.block, performed.site, seen));
    return;
  }
  std::size_t size = call.size;
  if (call.function == Function::calloc && __builtin_mul_overflow(call.count, call.size, &size))
    size = SIZE_MAX;
  if (performed.block == nullptr) {
    note(model_.refused(call.domain, size, seen));
    // Where the base refuses, everything is put back.
    const DebugBlock* const old = call.block == nullptr ? nullptr : model_.live(call.block);
    if (old != nullptr) note(model_.guards_hold(*old));
    return;
  }
  const DebugBlock block{static_cast<std::byte*>(performed.block), size, call.domain, {}};
  const std::byte* const start = block.data - DebugModel::front;
  // Memory that is nobody's is the shadow heap's to see.
  const bool owned = size <= model_.largest() && (source_.holds(address_of(start), model_.total(size)) ||
                                                  raw_.holds(address_of(start), model_.total(size)));
  if (!owned) return;
  if (call.block == nullptr)
    note(model_.allocated(block, call.function == Function::calloc, performed.site, seen));
  else if (model_.live(call.block) != nullptr)
    note(model_.resized(call.block, block, performed.site, seen));
}

/// Notes a block that did not come from where its domain and size say. (CPython wrapped the wrong
/// allocators once: bpo-32030, bpo-35368.)
void SystemSubject::judge_service(const DomainCall& call, void* block) {
  const std::size_t size = owned_.at(block).size;
  const bool from_pools = source_.holds(address_of(block), 1);
  const bool due =
      choice_.pools && call.domain != Domain::raw && size + pads() - 1 < Modern::small_request_threshold;
  if (from_pools == due) return;
  // Where no arena can be had (for want of a table entry or a radix node too) the raw allocator serves.
  const std::uint64_t refused = system_->statistics().events.refused;
  if (due && refused > std::exchange(arenas_refused_, refused)) return;
  note("domains.served-by", "a block from pools where they serve its domain and size, else none",
       std::to_string(size) + " bytes of the domain " + std::string(to_string(call.domain)) +
           (from_pools ? " from a pool" : " from the raw allocator"));
}

BelowCall SystemSubject::below(Domain domain, std::uint64_t refusals) {
  DebugLayer* const guarding = layer(domain);
  return {refusals, journal_.entries(), guarding == nullptr ? 0 : guarding->held_bytes(),
          [this](const void* start, std::size_t size) { return source_.holds(address_of(start), size); }};
}

/// The system makes them in the order of the domains.
DebugLayer* SystemSubject::layer(Domain domain) {
  const std::vector<DebugLayer*> layers = system_->debug_layers();
  const auto number = static_cast<std::size_t>(domain);
  return number < layers.size() ? layers[number] : nullptr;
}

std::optional<Violation> SystemSubject::accusation() {
  if (!violation_ && !reports_.empty())
    note("debug.no-false-alarm", "no damage: nothing was misused", headline(reports_.front()));
  return violation_;
}

void SystemSubject::note(std::optional<Violation> violation) {
  if (violation && !violation_) violation_ = std::move(violation);
}

void SystemSubject::note(std::string_view oracle, std::string expected, std::string found) {
  note(Violation{oracle, {}, std::move(expected), std::move(found)});
}

std::optional<Violation> SystemSubject::check() {
  if (choice_.debug && !violation_) {
    note(model_.held_blocks_hold());
    for (DebugLayer* const each : system_->debug_layers()) (void)each->check();
  }
  if (auto wrong = accusation()) return wrong;
  if (auto wrong = check_statistics()) return wrong;
  const Readable readable = {[](const void* source, std::uintptr_t address, std::size_t size) {
                               return static_cast<const RegionArenaSource*>(source)->holds(address, size);
                             },
                             &source_};
  return system_->check(readable);
}

std::optional<std::string> SystemSubject::teardown() {
  arenas_.enter();
  system_.reset();
  used_ = false;
  if (source_.live() != 0) return std::to_string(source_.live()) + " arenas not released";
  if (raw_.live() != 0) return std::to_string(raw_.live()) + " blocks of the raw allocator not freed";
  if (auto wrong = wrongly_given_back(source_, raw_)) return wrong;
  if (violation_) return to_string(*violation_);
  if (!reports_.empty()) return headline(reports_.front());
  return std::nullopt;
}

void SystemSubject::reset() {
  end();
  source_.reset();
  raw_.reset();
  model_ = DebugModel();
  violation_.reset();
  next_site_ = 0;
  refusals_commanded_ = false;
  start();
}

}  // namespace poolhammer
