#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "harness/subjects/call.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer::library {

/// What a worker is to do with the program in the shared memory.
enum class Task : std::uint8_t {
  perform,  ///< perform it, and note what the client sees
  measure,  ///< perform it bare, and measure what it costs
};

inline constexpr std::size_t most_threads = thread_limit;
inline constexpr std::size_t most_coverage = std::size_t{1} << 16U;
inline constexpr std::size_t most_constants = 256;
inline constexpr std::size_t longest_path = 4096;

/// What the client saw of a block's bytes that was wrong.
enum class Seen : std::uint8_t {
  nothing,
  before,       ///< the call's block was not as its owner had written it
  after,        ///< the block that the call gave, or left, is not what it should hold
  nonzero,      ///< a block from calloc was not zero
  check,        ///< at a check point, a live block was not as its owner had written it
  handed_over,  ///< a block from another thread was not as that thread had written it
  crowd,        ///< a thread of a crowd saw a wrong byte, or a child of it did not end well
};
inline constexpr std::size_t seen_kinds = 7;

/// What is asked of a worker besides the program: see RunOptions and LibraryOptions for the meaning.
struct Request {
  Task task;
  bool contents, shadow, drain, drop_empty, at_once;
  /// What is looked at; by Seen.
  std::array<bool, seen_kinds> looks;
  std::uint32_t threads;
  std::uint32_t act_milliseconds;  ///< of the processor that an act of many calls may take; 0: any
  std::uint64_t check_every, memory_limit, schedule;
  std::uint64_t operations;
};

/// Where a thread is: written before every step, so that a death is reported with its place.
struct Place {
  std::atomic<std::uint64_t> step;
  std::atomic<std::uint8_t> inside;  ///< 1 and the number of the function that it is in; 0: none
  std::atomic<std::uint64_t> calls;  ///< that an act of many calls has made
  std::atomic<bool> slow;            ///< such an act ended, as its time was over
  std::atomic<bool> unreleased;      ///< it was to free all, and blocks are left: the program ends there
};

/// What one step did, as its client saw it. Everything that a worker writes is to be mistrusted: the library
/// under test may have written over it.
struct alignas(8) StepRecord {
  std::uint64_t block;  ///< that the call gave; 0: none. Of the end: how many calls the drain ended
  /// Of that block, or what malloc_usable_size said; of an act: what it counted or measured; of the end: a
  /// parcel's size. Of generations: Growth::least; Growth::most stands in `block`, and `alone` in `offset`.
  std::uint64_t usable;
  std::uint64_t wrong_block;  ///< the address of the block with a wrong byte
  std::uint64_t offset;       ///< of that byte
  std::int32_t error, status;
  Seen seen;
  std::uint8_t found, expected;  ///< the byte
  bool called;                   ///< the call came back; of the end: the last check was made
  bool asked;                    ///< `usable` is known
  bool done;                     ///< the step was performed to its end
  bool threw, result_kept, dropped;
  std::uint8_t handled;  ///< how often the new handler was called
  Thrown thrown;         ///< what came out of an operator new

  bool operator==(const StepRecord&) const = default;
};
static_assert(sizeof(StepRecord) == 56);

/// What Task::measure found; bytes are above what the process held before the first operation.
struct Figures {
  std::uint64_t operations, nanoseconds, peak_resident, resident_after;
};

/// The head of the memory that the tool and a worker share. After it come the operations, a record for each,
/// and a record of the end for each part of the program.
struct Head {
  std::array<char, longest_path> module;  ///< by the tool: the library's file; empty: the C library
  std::array<std::array<char, 64>, functions> symbols;  ///< by the tool
  std::array<char, 1024> reason;                        ///< by the worker: why it has no such module
  std::array<bool, functions> present;                  ///< by the worker: which functions the module has
  bool loaded;                                          ///< by the worker: the module is there
  std::atomic<std::uint32_t> asked;                     ///< turns that the tool asked for
  std::atomic<std::uint32_t> answered;  ///< turns that the worker ended; the first is its being ready
  Request request;
  Figures figures;
  std::array<Place, most_threads> places;
  std::uint32_t coverage;  ///< how many counters were written
  std::array<std::uint8_t, most_coverage> coverage_counters;
  std::uint32_t constants;                                    ///< how many of the next were written
  std::array<std::uint64_t, most_constants> constant_values;  ///< that the library compared something with
};

[[nodiscard]] constexpr std::size_t operations_at() {
  return (sizeof(Head) + 63) / 64 * 64;
}
[[nodiscard]] inline std::span<Operation> operations_in(std::span<std::byte> memory, std::size_t operations) {
  return {reinterpret_cast<Operation*>(memory.data() + operations_at()), operations};
}
/// The records of the steps, and then those of the ends of `most_threads` parts.
[[nodiscard]] inline std::span<StepRecord> records_in(std::span<std::byte> memory, std::size_t operations) {
  std::byte* const begin = memory.data() + operations_at() + operations * sizeof(Operation);
  return {reinterpret_cast<StepRecord*>(begin), operations + most_threads};
}
[[nodiscard]] constexpr std::size_t bytes_for(std::size_t operations) {
  return operations_at() + operations * (sizeof(Operation) + sizeof(StepRecord)) +
         most_threads * sizeof(StepRecord);
}

/// A program is cut into as many parts as there are threads at the same time: the first step of part
/// `number`.
[[nodiscard]] constexpr std::size_t part_begin(std::size_t operations, std::size_t parts,
                                               std::size_t number) {
  const std::size_t length = (operations + parts - 1) / parts;
  const std::size_t begin = number * length;
  return begin < operations ? begin : operations;
}

/// What each of the parts' shadow heaps and memory limits begin with, so that client and judge agree.
[[nodiscard]] constexpr std::uint64_t first_block_of_part(std::size_t number) {
  return std::uint64_t{number} << 40U;
}

/// Sleeps while `word` is `value`, for as long as that or so many milliseconds; both processes see the word.
/// May return early.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value, unsigned milliseconds);
/// Wakes who sleeps on the word.
void wake(const std::atomic<std::uint32_t>& word);
/// Changes the word and wakes who sleeps on it.
void set_and_wake(std::atomic<std::uint32_t>& word, std::uint32_t value);

}  // namespace poolhammer::library
