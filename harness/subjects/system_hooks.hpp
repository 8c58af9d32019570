#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "allocator/domains/memory_system.hpp"
#include "allocator/invariants/violation.hpp"
#include "allocator/region_source.hpp"

namespace poolhammer {

/// A call of a function of a domain.
struct DomainCall {
  enum class Function : std::uint8_t { malloc, calloc, realloc, free };
  Function function = Function::malloc;
  pymalloc::Domain domain = pymalloc::Domain::mem;
  void* block = nullptr;
  std::size_t count = 0;
  std::size_t size = 0;

  friend bool operator==(const DomainCall&, const DomainCall&) = default;
};
inline constexpr std::size_t domain_functions = 4;

/// Allocators that wrap those of a system's domains: two contexts for each domain, and two functions of each
/// kind, which can be set in every combination. Each sees that it is called exactly where it is set, with its
/// own context and the caller's arguments, and forwards the call.
class DomainHooks {
 public:
  static constexpr unsigned contexts = 2;
  static constexpr unsigned variants = 2;

  /// What is set for a domain; no context: what the system began with.
  struct Setting {
    std::optional<unsigned> context{};
    std::array<unsigned, domain_functions> variant{};  ///< of each function
  };

  DomainHooks();
  DomainHooks(const DomainHooks&) = delete;
  DomainHooks& operator=(const DomainHooks&) = delete;
  ~DomainHooks();

  /// Takes what `system`, which outlives its use, has set as what it began with.
  void begin(pymalloc::MemorySystem& system);

  /// Sets it, and asks all domains what they have then.
  void set(pymalloc::Domain domain, const Setting& setting);
  [[nodiscard]] const Setting& setting(pymalloc::Domain domain) const { return settings_.at(index(domain)); }

  /// The call is about to be made; it has returned.
  void expect(const DomainCall& call);
  void settle();

  /// The first thing that was wrong.
  [[nodiscard]] const std::optional<pymalloc::Violation>& complaint() const { return complaint_; }

 private:
  struct Context {
    pymalloc::Domain domain{};
    unsigned number = 0;
  };
  template <unsigned variant>
  struct Entry;

  [[nodiscard]] static std::size_t index(pymalloc::Domain domain) { return static_cast<std::size_t>(domain); }
  [[nodiscard]] pymalloc::AllocatorFunctions functions_of(pymalloc::Domain domain, const Setting& setting);
  /// Judges a call that arrived; who serves it.
  [[nodiscard]] const pymalloc::AllocatorFunctions& entered(const void* context, const DomainCall& seen,
                                                            unsigned variant);
  void complain(std::string_view oracle, std::string expected, std::string found);

  pymalloc::MemorySystem* system_ = nullptr;
  std::array<std::array<Context, contexts>, pymalloc::domains> contexts_{};
  std::array<pymalloc::AllocatorFunctions, pymalloc::domains> bare_{};
  std::array<Setting, pymalloc::domains> settings_{};
  DomainCall expected_{};
  unsigned arrived_ = 0;
  std::optional<pymalloc::Violation> complaint_;
};

/// Arena sources over one of a region, likewise: two contexts and two functions of each kind. Keeps account
/// of what arenas there are.
class ArenaHooks {
 public:
  static constexpr unsigned contexts = 2;

  struct Setting {
    unsigned context = 0;
    unsigned allocate = 0;
    unsigned release = 0;
  };

  explicit ArenaHooks(pymalloc::RegionArenaSource& source);
  ArenaHooks(const ArenaHooks&) = delete;
  ArenaHooks& operator=(const ArenaHooks&) = delete;
  ~ArenaHooks();

  /// Forgets all, and gives what a system begins with.
  [[nodiscard]] pymalloc::ArenaFunctions begin();
  /// The system is about to be called.
  void enter();
  /// Sets it, and asks what is set then.
  void set(pymalloc::MemorySystem& system, const Setting& setting);

  /// Arenas that the system has, by address, and what it was given since it began.
  [[nodiscard]] const std::map<std::uintptr_t, std::size_t>& live() const { return live_; }
  [[nodiscard]] std::uint64_t requested() const { return requested_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t released() const { return released_; }
  [[nodiscard]] std::uint64_t most() const { return most_; }

  [[nodiscard]] const std::optional<pymalloc::Violation>& complaint() const { return complaint_; }

 private:
  template <unsigned variant>
  struct Entry;

  [[nodiscard]] pymalloc::ArenaFunctions functions_of(const Setting& setting);
  void entered(const void* context, bool is_set, std::size_t size);
  [[nodiscard]] void* allocate(std::size_t size);
  void release(void* arena, std::size_t size);

  pymalloc::RegionArenaSource& source_;
  std::array<char, contexts> contexts_{};  ///< only their addresses count
  Setting setting_{};
  std::map<std::uintptr_t, std::size_t> live_;
  std::uint64_t requested_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t released_ = 0;
  std::uint64_t most_ = 0;
  std::optional<pymalloc::Violation> complaint_;
};

}  // namespace poolhammer
