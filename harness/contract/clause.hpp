#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/contract/probe.hpp"
#include "harness/contract/prober.hpp"
#include "harness/oracles/call_clauses.hpp"

namespace poolhammer::contract {

/// How binding a clause is.
enum class Tier : std::uint8_t {
  must,      ///< ISO C, ISO C++ or POSIX.1-2024 says so
  expected,  ///< programs rely on it, and every serious allocator does it
  profile,   ///< a lawful choice, reported and never a fault
};
inline constexpr std::array<std::string_view, 3> tier_words = {"must", "expected", "profile"};

/// What is known of a library before its clauses are tried: where its behaviour may change.
struct Knowledge {
  std::array<bool, functions> present{};
  /// The smallest size of each size class that usable sizes show, ascending; where the library tells none,
  /// the places where allocators like to change their ways.
  std::vector<std::uint64_t> edges;
  std::uint64_t classes = 0;  ///< how many usable sizes there are up to 40 000 bytes; 0: unknown
  std::uint64_t seed = 1;     ///< of the random programs
  std::uint64_t effort = 1;   ///< how many times as many random programs as usual

  [[nodiscard]] bool has(Function function) const { return present[static_cast<std::size_t>(function)]; }
};

/// Asks the library.
[[nodiscard]] Knowledge learn(Prober& prober, const ProcessLimits& limits = {});

/// One promise of a contract.
struct Clause {
  std::string_view id;  ///< such as "calloc.zero"
  Tier tier = Tier::must;
  std::string_view promise;         ///< one sentence
  std::string_view source;          ///< the standard's clause, or the manual
  std::vector<Function> functions;  ///< those that it holds for
  /// Asked only of functions that have the standards' names.
  bool standard_only = false;
  /// What it says of every call of its functions in every run; null: nothing beyond what the shadow heap
  /// says.
  std::optional<Complaint> (*judge)(const ObservedCall&) = nullptr;
  /// The probes that try it with a function. None: it cannot be tried with this library.
  std::vector<Probe> (*generate)(const Knowledge&, Function) = nullptr;
  /// For profiles: what the outcomes of these probes say, in one line.
  std::string (*describe)(const Knowledge&, Function, std::span<const Probe>,
                          std::span<const Outcome>) = nullptr;
  /// Each probe in a process of its own: one that breaks the rules may damage what comes behind it.
  bool alone = false;
  ProcessLimits limits = {};
};

/// Registers a clause at program start: one static object in its file.
class ClauseRegistration {
 public:
  explicit ClauseRegistration(Clause clause);
};

/// Every clause: must, then expected, then profile, each by id.
[[nodiscard]] std::vector<Clause> clauses();

// What generators share.

/// Sizes where bugs live: edges, powers of two, multiples of pages and their neighbours, up to `most`;
/// ascending.
[[nodiscard]] std::vector<std::uint64_t> telling_sizes(const Knowledge& knowledge, std::uint64_t most);

/// A call of `function` for `size` bytes: its count is 1, its alignment `alignment`; a function that resizes
/// gets a null pointer.
[[nodiscard]] Step allocation(std::uint16_t slot, Function function, std::uint64_t size,
                              std::uint64_t alignment = 16);

/// Every function that the standards let allocate, in C alone.
[[nodiscard]] std::vector<Function> c_allocators();
[[nodiscard]] std::vector<Function> all_allocators();

}  // namespace poolhammer::contract
