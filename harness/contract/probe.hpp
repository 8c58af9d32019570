#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/trace/function.hpp"

namespace poolhammer::contract {

/// What one step of a probe does.
enum class Verb : std::uint8_t {
  call,          ///< slot <- function(...): see Step
  set_errno,     ///< errno is a before the next call; it is 0 before any other
  fill,          ///< writes the block's pattern over all bytes that were asked for
  fill_usable,   ///< and over all that malloc_usable_size gives
  expect,        ///< what must hold now; where it does not, the probe ends as broken
  note,          ///< measures something for a profile
  end_thread,    ///< the step's thread ends
  fork,          ///< a child performs the steps up to child_ends; this process waits for it
  child_ends,    ///< ends the child
  repeat,        ///< the steps up to repeat_ends, a times
  repeat_ends,   ///< ends a repetition
  limit_memory,  ///< RLIMIT_AS: what the process has now and a bytes more
  unlimit,       ///< takes the limit away
  exhaust,       ///< blocks of a bytes by the function until none is had, or b were
  release,       ///< frees all that exhaust took
  churn,         ///< a threads allocate, fill, verify, pass on and free b blocks each, all at once
  fork_crowd,    ///< while a threads allocate and free, forks b children one by one, each of which does too
  set_handler,   ///< installs a new handler that takes itself away when it is called
  misuse,        ///< function(the slot's last address + a), whether live or not: for profiles alone
};

/// What a step of `expect` demands. "The call" is the last call of any thread.
enum class Expect : std::uint8_t {
  null,             ///< the call gave a null pointer; for an operator new that throws: std::bad_alloc
  not_null,         ///< it gave a block
  error,            ///< errno is a after the call
  failed_with,      ///< where the call gave no block, errno (of posix_memalign: its result) is a
  status,           ///< posix_memalign returned a
  result_kept,      ///< posix_memalign failed and left its result as it was, or made it NULL
  aligned,          ///< the slot's address is a multiple of a
  disjoint,         ///< the slot's block overlaps no other live block of the probe
  zero,             ///< bytes [a, b) of the slot's block are 0
  kept,             ///< the slot's block holds what was written into it
  all_kept,         ///< every live block does, and so did those of churn; no child of fork_crowd failed
  usable,           ///< malloc_usable_size of the slot's block is at least a
  usable_stable,    ///< and the same as when last asked
  usable_multiple,  ///< and a multiple of a
  same_place,       ///< the slot's block lies where the slot `other` lay last
  usable_none,      ///< malloc_usable_size of a null pointer is 0
  handled,          ///< the new handler was called by the call
};

/// What a step of `note` measures.
enum class Note : std::uint8_t {
  address,    ///< of the slot's last block; 0 for none
  usable,     ///< malloc_usable_size of the slot's block
  error,      ///< errno after the call
  status,     ///< what posix_memalign returned
  resident,   ///< bytes of the process in memory
  zero_gain,  ///< 1 where the bytes between those asked for and the usable size are all 0, otherwise 0
  live,       ///< 1 where the slot holds a block, otherwise 0
};

inline constexpr std::uint16_t no_slot = 0xffff;  ///< as an argument: a null pointer
inline constexpr std::uint16_t slot_count = 4096;
inline constexpr std::uint16_t thread_count = 64;

/// One step. It is performed by `thread`: 0 is the first of the process, any other is born with its first
/// step; the others rest meanwhile.
///
/// A call that allocates gives its block to `slot`, and is passed over where that holds one. realloc takes
/// the block of `other`, which is empty when it succeeds; one that frees or asks takes that of `slot`. Where
/// there is none the step is passed over; no_slot is a null pointer. `a` and `b` are the numbers: size (a);
/// count and size (a, b); alignment and size (a, b). What a function that frees is told of size and alignment
/// is what the block was asked with. So every program of steps keeps the rules of C, whichever of them are
/// left out; `misuse` alone does not.
struct Step {
  Verb verb = Verb::call;
  Function function = Function::malloc;
  Expect expect = Expect::null;
  Note note = Note::address;
  std::uint16_t thread = 0;
  std::uint16_t slot = 0;
  std::uint16_t other = no_slot;
  std::uint64_t a = 0;
  std::uint64_t b = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

/// A short program, and what it must or may show. Blocks that are left at its end are freed.
using Probe = std::vector<Step>;

/// Where a probe got to.
enum class Result : std::uint8_t {
  not_run,  ///< another probe ended the worker before
  held,     ///< everything expected held
  broken,   ///< what step `step` expects does not hold
  died,     ///< step `step` ended, hung or starved the process
};

struct Outcome {
  Result result = Result::not_run;
  std::uint32_t step = 0;
  std::uint32_t expectations = 0;    ///< how many steps expected something, of something that was there
  std::uint64_t observed = 0;        ///< what was seen instead, in the expectation's own terms
  std::uint64_t detail = 0;          ///< such as the offset of the first wrong byte
  std::vector<std::uint64_t> notes;  ///< in the order of the steps that note
  std::string death;                 ///< how the process ended, and its first words
};

/// The detail of a broken `all_kept` that churn or fork_crowd saw.
inline constexpr std::uint64_t among_threads = ~std::uint64_t{0};

/// The step as a line of text without its end, such as "b0 = malloc(24)" or "expect b0 aligned to 16".
[[nodiscard]] std::string to_string(const Step& step);
/// One line a step.
[[nodiscard]] std::string to_string(const Probe& probe);

/// "a multiple of 16", "ENOMEM": what the step expects, and what `outcome` saw instead, in words.
[[nodiscard]] std::string promised(const Step& step);
[[nodiscard]] std::string happened(const Step& step, const Outcome& outcome);

/// Byte `offset` of the pattern that fills the block of a slot.
[[nodiscard]] constexpr unsigned char pattern(std::uint16_t slot, std::uint64_t offset) {
  return static_cast<unsigned char>(std::size_t{slot} * 29U + offset * 131U + (offset >> 8U) * 7U + 1U);
}

// Steps in one word each, for those who write probes.
[[nodiscard]] Step call(std::uint16_t slot, Function function, std::uint64_t a, std::uint64_t b = 0);
[[nodiscard]] Step resize(std::uint16_t slot, Function function, std::uint16_t other, std::uint64_t a,
                          std::uint64_t b = 0);
[[nodiscard]] Step release(std::uint16_t slot, Function function = Function::free);
[[nodiscard]] Step fill(std::uint16_t slot);
[[nodiscard]] Step fill_usable(std::uint16_t slot);
[[nodiscard]] Step expect(Expect expect, std::uint16_t slot = no_slot, std::uint64_t a = 0,
                          std::uint64_t b = 0);
[[nodiscard]] Step note(Note note, std::uint16_t slot = no_slot);
[[nodiscard]] Step plain(Verb verb, std::uint64_t a = 0, std::uint64_t b = 0);
/// The step on a thread.
[[nodiscard]] Step on(std::uint16_t thread, Step step);

}  // namespace poolhammer::contract
