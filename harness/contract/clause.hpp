#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/library/library_runner.hpp"
#include "harness/oracles/call_clauses.hpp"
#include "harness/trace/function.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::contract {

/// How binding a clause is.
enum class Tier : std::uint8_t {
  must,      ///< ISO C, ISO C++ or POSIX.1-2024 says so
  expected,  ///< programs rely on it, and every serious allocator does it
  declared,  ///< the allocator's user says that it promises so; asked of no other
  profile,   ///< a lawful choice, reported and never a fault
};
inline constexpr std::array<std::string_view, 4> tier_words = {"must", "expected", "declared", "profile"};

/// What is known of a library before its clauses are tried: where its behaviour may change.
struct Knowledge {
  std::array<bool, functions> present{};
  /// The smallest size of each size class that usable sizes show, ascending; where the library tells none,
  /// the places where allocators like to change their ways.
  std::vector<std::uint64_t> edges;
  std::uint64_t classes = 0;        ///< how many usable sizes there are up to 40 000 bytes; 0: unknown
  bool leaves_untouched = false;    ///< a block of gigabytes takes no memory until somebody writes into it
  bool bounded = false;             ///< its memory has an end, which is near
  std::uint64_t largest_block = 0;  ///< in bytes, of one that is bounded: see library::largest_block
  bool coalesces = false;           ///< its user says so: see CoalescedRoom
  std::uint64_t seed = 1;           ///< of the random programs
  std::uint64_t effort = 1;         ///< how many times as many random programs as usual

  [[nodiscard]] bool has(Function function) const { return present[static_cast<std::size_t>(function)]; }
};

/// Asks the library.
[[nodiscard]] Knowledge knowledge_of(library::LibraryRunner& runner);

using Program = std::vector<Operation>;

/// How a program of a profile went.
struct Observed {
  std::vector<library::StepRecord> records;  ///< of its steps
  std::string death;                         ///< how the process ended in it; empty where it did not

  [[nodiscard]] bool gave(std::size_t step) const { return records.at(step).block != 0; }
};

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
  /// The shadow heap, or what a crowd saw, speaks by its id: see all_oracles().
  bool judged_by_id = false;
  /// The oracles besides its own judge that judge its directed programs: these alone do.
  std::vector<std::string_view> oracles = {};
  /// It is about what a call gives: a process that dies in a call of the function breaks it.
  bool of_the_answer = false;
  /// The directed programs that try it with a function: where its bug lives. None: it cannot be tried with
  /// this library.
  std::vector<Program> (*programs)(const Knowledge&, Function) = nullptr;
  /// For profiles: what was seen in these programs, in one line.
  std::string (*describe)(const Knowledge&, Function, std::span<const Program>,
                          std::span<const Observed>) = nullptr;
  /// Each program in a process of its own: one that breaks the rules may damage what comes behind it.
  bool alone = false;

  /// Whether the bytes of blocks are written and looked at in its programs.
  [[nodiscard]] bool of_contents() const;
  /// The oracles that judge its programs, by id: of its own judge, "contract." and its id.
  [[nodiscard]] std::vector<std::string> all_oracles() const;
};

/// Registers a clause at program start: one static object in its file.
class ClauseRegistration {
 public:
  explicit ClauseRegistration(Clause clause);
};

/// Every clause: must, then expected, declared and profile, each by id.
[[nodiscard]] std::vector<Clause> clauses();

// What the clauses' programs share.

/// Sizes where bugs live: edges, powers of two, multiples of pages and their neighbours, up to `most`;
/// ascending.
[[nodiscard]] std::vector<std::uint64_t> telling_sizes(const Knowledge& knowledge, std::uint64_t most);

/// Of 128 KiB to 64 MiB, one of each octave: beside a power of two, or between.
[[nodiscard]] std::vector<std::uint64_t> large_sizes();

/// Sizes of 2 to 9 GiB, at which numbers of 31 and 32 bits wrap and a little further; none where they would
/// take the machine's memory.
[[nodiscard]] std::vector<std::uint64_t> wrapping_sizes(const Knowledge& knowledge);

/// A call of `function` for `size` bytes: its count is 1, its alignment `alignment`; a function that resizes
/// gets the slot's block, or a null pointer.
[[nodiscard]] Operation allocation(std::uint32_t slot, Function function, std::uint64_t size,
                                   std::uint64_t alignment = 16);
/// The same with a count.
[[nodiscard]] Operation allocation_of(std::uint32_t slot, Function function, std::uint64_t count,
                                      std::uint64_t size);
[[nodiscard]] Operation freeing(std::uint32_t slot, Function function = Function::free);
/// exhaust, recycle.
[[nodiscard]] Operation many(OperationKind act, Function function, std::uint64_t count, std::uint64_t size,
                             std::uint64_t alignment = 16);
/// An act that takes one number, or none.
[[nodiscard]] Operation act(OperationKind kind, std::uint64_t size = 0);

/// The next multiple of 16 for a function that may refuse other sizes for its alignment alone.
[[nodiscard]] std::uint64_t askable(Function function, std::uint64_t size, std::uint64_t alignment = 16);

/// What is wrong with a request that gave no block, where `expected` says which it had to give.
[[nodiscard]] Complaint refused_with_errno(const ObservedCall& seen, std::string expected);
/// The same of a request that was made where the caller says, if it could be met: see could_be_met().
[[nodiscard]] std::optional<Complaint> demand_block(const ObservedCall& seen, bool made_there,
                                                    std::string expected);

/// Every function that the standards let allocate, in C alone.
[[nodiscard]] std::vector<Function> c_allocators();
[[nodiscard]] std::vector<Function> all_allocators();

// What several clauses judge by.
inline constexpr std::string_view contents_kept = "shadow.contents";
inline constexpr std::string_view disjoint_blocks = "shadow.disjoint";
inline constexpr std::string_view too_much_granted = "shadow.refusal";

}  // namespace poolhammer::contract
