#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "allocator/domains/memory_system.hpp"
#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"
#include "harness/subjects/call_sites.hpp"
#include "harness/subjects/debug_model.hpp"
#include "harness/subjects/own.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/subjects/system_hooks.hpp"

namespace poolhammer {

/// A memory system with its three domains over a region: a block belongs to the domain that was in use when
/// it was asked for, and goes back to it. Operations of its own set every pairing of hooks, misuse blocks,
/// and ask by other ways than the functions of MemorySystem; what each must come to is known beforehand.
class SystemSubject final : public Subject {
 public:
  SystemSubject(std::string_view name, pymalloc::Choice choice, unsigned region);
  ~SystemSubject() override;

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] void* malloc(std::size_t size) override;
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override;
  [[nodiscard]] void* realloc(void* block, std::size_t size) override;
  void free(void* block) override;

  [[nodiscard]] std::size_t owed_alignment(std::size_t /*size*/) const noexcept override { return 16; }
  [[nodiscard]] bool refusal_justified() const override { return refusal_justified_; }
  [[nodiscard]] bool holds(const void* block, std::size_t size) const override;

  void fail_arenas(std::uint64_t requests) override {
    source_.fail_next(requests);
    refusals_commanded_ = true;
  }
  void fail_raw(std::uint64_t requests) override {
    raw_.fail_next(requests);
    refusals_commanded_ = true;
  }
  void place(pymalloc::Placement placement) override { source_.place(placement); }

  [[nodiscard]] bool has_domains() const override { return true; }
  [[nodiscard]] LayoutId layout() const override { return LayoutId::modern; }
  void use_domain(pymalloc::Domain domain) override { domain_ = domain; }
  void hook(bool on) override;

  [[nodiscard]] std::span<const OwnOperation> own_operations() const override;
  [[nodiscard]] OwnAnswer perform_own(const OwnCall& call) override;

  /// What was seen while an operation ran.
  [[nodiscard]] std::optional<pymalloc::Violation> check_near(const void* /*block*/) override {
    return accusation();
  }
  [[nodiscard]] std::optional<pymalloc::Violation> check() override;
  [[nodiscard]] std::optional<std::string> teardown() override;
  void reset() override;

  // Its own operations.
  enum class By : std::uint8_t { free, realloc, check };
  enum class Way : std::uint8_t { cpp, c };

  static constexpr auto operations() {
    using S = SystemSubject;
    constexpr auto by = choice("free", "realloc", "check");
    constexpr auto giving_back = choice("free", "realloc");
    constexpr auto domains = choice("raw", "mem", "object");
    return poolhammer::operations(
        poolhammer::reset("new_system", &S::begin_anew, choice("unnumbered", "serials"),
                          choice("bytes", "registry", "stacks"),
                          choice("no_quarantine", "300", "4000", "100000", "1")),
        operation("set_allocator", &S::set_allocator, choice("as_it_began", "first", "second"),
                  in_range(0, 15)),
        operation("set_arena_source", &S::set_arena_source, choice("first", "second"), in_range(0, 3)),
        operation("call_by", &S::call_by, choice("cpp", "c")),
        operation("write_behind", &S::write_behind, block(), in_range(0, 15), in_range(1, 16), by),
        operation("write_before", &S::write_before, block(), in_range(0, 15), in_range(1, 16), by),
        operation("write_after_free", &S::write_after_free, in_range(0, 1000), in_log_range(0, 1 << 16),
                  choice("check", "flush")),
        operation("free_twice", &S::free_twice, freed_block(), giving_back),
        operation("free_again", &S::free_again, domains, in_log_range(0, 300), giving_back),
        operation("free_inside", &S::free_inside, block(), in_log_range(0, 1 << 16), giving_back),
        operation("free_elsewhere", &S::free_elsewhere, block(), in_range(1, 2), giving_back),
        operation("free_foreign", &S::free_foreign,
                  choice("static", "region", "first_page", "no_address", "lower_edge", "upper_edge"),
                  in_range(0, 63), giving_back),
        operation("flush", &S::flush, domains),
        operation("resource", &S::give_by_resource, size_in(0, 1 << 16), alignment_in(1, 1 << 21), domains),
        operation("resource_edge", &S::refuse_by_resource, in_range(0, 8192), powers_of_two(1, 1 << 21)),
        operation("largest", &S::ask_for_the_largest, block(), choice("malloc", "calloc", "realloc"),
                  in_range(0, 80)),
        operation("empty", &S::ask_for_nothing, choice("malloc", "calloc_of_none", "calloc_of_empty")),
        operation("c_interface", &S::use_c_interface, in_range(0, 5)),
        operation("foundation", &S::use_foundation, in_range(0, 70'000), in_range(0, 70'000)),
        operation("over_4_gib", &S::guard_more_than_4_gib, in_range(0, 70'000)),
        operation("write_size", &S::write_size, block(), in_range(0, 2), by),
        operation("refuse_later", &S::refuse_later, in_range(1, 4)));
  }

  void begin_anew(unsigned serials, unsigned knowing, unsigned quarantine);
  void set_allocator(unsigned context, unsigned variants);
  void set_arena_source(unsigned context, unsigned variants);
  void call_by(Way way) { way_ = way; }
  void write_behind(void* block, std::size_t first, std::size_t count, By by);
  void write_before(void* block, std::size_t nearest, std::size_t count, By by);
  /// The raw allocator is to refuse one request, that of such a number from now on: in the middle of a call.
  /// A program that commanded no refusal before is to see none.
  void refuse_later(std::uint64_t number) { requests_until_refusal_ = refusals_commanded_ ? number : 0; }
  void write_size(void* block, std::ptrdiff_t byte, By by);
  void write_after_free(std::size_t which, std::size_t offset, unsigned how);
  void free_twice(void* block, By by);
  void free_again(pymalloc::Domain domain, std::size_t which, By by);
  void free_inside(void* block, std::size_t offset, By by);
  void free_elsewhere(void* block, unsigned distance, By by);
  void free_foreign(unsigned where, std::uintptr_t distance, By by);
  void flush(pymalloc::Domain domain);
  [[nodiscard]] void* give_by_resource(std::size_t size, std::size_t alignment, pymalloc::Domain domain);
  void refuse_by_resource(std::size_t below, std::size_t alignment);
  void ask_for_the_largest(void* block, unsigned function, std::size_t below);
  void ask_for_nothing(unsigned function);
  void use_c_interface(unsigned what);
  void use_foundation(std::size_t size, std::size_t other);
  void guard_more_than_4_gib(std::size_t more);

 private:
  using Function = DomainCall::Function;

  /// A live block.
  struct Owned {
    pymalloc::Domain domain{};
    std::byte* given = nullptr;  ///< by the domain
    std::size_t size = 0;        ///< that it was asked for
    std::size_t alignment = 0;   ///< that a memory resource was asked for; 0: it is of no such
  };
  /// What a call passes through where it is not one of MemorySystem's own: the front system's allocators.
  struct Door {
    SystemSubject* subject = nullptr;
    pymalloc::Domain domain{};
  };
  struct Performed {
    void* block = nullptr;
    unsigned site = 0;
    std::uint64_t refusals = 0;
  };

  void start();
  void end();
  [[nodiscard]] pymalloc::Foundation foundation();
  [[nodiscard]] pymalloc::AllocatorFunctions raw_functions();
  [[nodiscard]] pymalloc::AllocatorFunctions door(pymalloc::Domain domain);
  [[nodiscard]] static void* pass_door(void* door, DomainCall call);

  /// Makes a call, by the way that is chosen, and has the hooks judge it.
  [[nodiscard]] Performed perform(const DomainCall& call);
  [[nodiscard]] void* call_system(const DomainCall& call);
  [[nodiscard]] void* call_c_interface(const DomainCall& call);
  /// The same of a correct call, and has everything judged that it must leave behind.
  [[nodiscard]] void* judged(const DomainCall& call);
  void judge_debug(const DomainCall& call, const Performed& performed);
  void judge_refusal(const DomainCall& call, const Performed& performed);
  void judge_service(const DomainCall& call, void* block);
  [[nodiscard]] BelowCall below(pymalloc::Domain domain, std::uint64_t refusals);
  [[nodiscard]] pymalloc::DebugLayer* layer(pymalloc::Domain domain);
  void free_owned(Owned owned, void* block);
  [[nodiscard]] std::size_t pads() const { return choice_.debug ? model_.total(0) : 0; }

  /// Gives a pointer back that must be refused, or has all blocks checked, and compares the report.
  void misuse(pymalloc::Domain domain, void* pointer, By by, pymalloc::BlockDamage expected);
  /// Has a layer see what is wrong.
  void have_noticed(pymalloc::Domain domain, void* pointer, By by);
  void change_and_misuse(const DebugBlock& block, std::ptrdiff_t first, std::size_t count, By by,
                         pymalloc::BlockDamage expected);
  [[nodiscard]] const DebugBlock* misusable(void* block) const;
  void expect_report(const pymalloc::BlockDamage& expected);
  void judge_text(const pymalloc::BlockDamage& report);
  [[nodiscard]] std::optional<std::string> difference(const pymalloc::BlockDamage& expected,
                                                      const pymalloc::BlockDamage& seen) const;

  [[nodiscard]] std::optional<pymalloc::Violation> accusation();
  [[nodiscard]] std::optional<pymalloc::Violation> check_statistics();
  [[nodiscard]] std::optional<pymalloc::Violation> check_counted_blocks(
      const std::map<std::uintptr_t, std::uint64_t>& pools) const;
  void note(std::optional<pymalloc::Violation> violation);
  void note(std::string_view oracle, std::string expected, std::string found);

  std::string_view name_;
  pymalloc::Choice choice_;
  pymalloc::Region region_;
  pymalloc::Journal journal_;
  pymalloc::RegionArenaSource source_;
  pymalloc::RegionRaw raw_;
  CallSites sites_;
  DomainHooks hooks_;
  ArenaHooks arenas_;
  DebugModel model_;
  std::unique_ptr<pymalloc::MemorySystem> system_;
  pymalloc::MemorySystem front_;  ///< whose allocators are doors to system_
  std::array<Door, pymalloc::domains> doors_{};
  std::vector<DomainCall> by_doors_;  ///< calls that came by one since somebody looked
  void* given_by_door_ = nullptr;     ///< what the last of them was given
  bool behind_door_ = false;
  pymalloc::Domain domain_ = pymalloc::Domain::mem;
  Way way_ = Way::cpp;
  unsigned next_site_ = 0;
  std::unordered_map<const void*, Owned> owned_;  ///< every live block
  std::vector<pymalloc::BlockDamage> reports_;    ///< of the debug layers, since somebody looked
  std::optional<pymalloc::Violation> violation_;  ///< the first
  std::uint64_t arenas_refused_ = 0;              ///< as far as an answer was excused by it
  std::uint64_t requests_until_refusal_ = 0;      ///< of the raw allocator; 0: none is to be refused
  std::uint64_t raw_refused_ = 0;                 ///< before the system began
  bool refusals_commanded_ = false;               ///< in this program
  bool used_ = false;                             ///< since the system began
  bool asked_too_much_ = false;                   ///< the raw allocator was asked for over PTRDIFF_MAX
  bool refusal_justified_ = true;
};

}  // namespace poolhammer
