#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace poolhammer::library {

/// What a worker is to do with the trace on the board.
enum class Task : std::uint8_t {
  judge,    ///< run it with the shadow heap
  measure,  ///< run it bare, and measure what it costs
};

/// Which of the library's functions a thread of the worker is in.
enum class Inside : std::uint8_t { none, malloc, calloc, realloc, free, usable_size };
inline constexpr std::array<std::string_view, 6> inside_words = {"",        "malloc", "calloc",
                                                                 "realloc", "free",   "malloc_usable_size"};

inline constexpr std::size_t most_threads = 64;
inline constexpr std::size_t most_features = 1024;
inline constexpr std::size_t most_coverage = std::size_t{1} << 16U;

/// What is asked of a worker besides the trace: see RunOptions and LibraryOptions for the meaning.
struct Request {
  Task task;
  bool contents, shadow, drain, answers, at_once, observe;
  std::uint32_t threads;
  std::uint64_t check_every, memory_limit, schedule;
  std::uint64_t trace_bytes;
};

/// Where a thread is: written before every step, so that a death is told with its place.
struct Place {
  std::atomic<std::uint64_t> step;
  std::atomic<Inside> inside;
};

/// What became of the trace. The texts of a finding are each ended by a zero byte, one behind the other.
struct Reply {
  bool found;
  std::uint32_t thread;  ///< of the finding, where several run at once
  std::uint64_t step;
  std::array<char, 4096> texts;  ///< oracle, where, expected, found
  std::uint64_t operations, skipped, refused, checks, peak_live_blocks, peak_live_bytes;
  // Of Task::measure; bytes are above what the process held before the first operation.
  std::uint64_t nanoseconds, peak_resident, resident_after;
};

/// The head of the memory that the tool and a worker share. Everything that a worker writes is to be
/// mistrusted: the library under test may have written over it.
struct Head {
  std::array<char, 4096> module;  ///< by the tool: the library's file; empty: the C library
  std::array<char, 1024> reason;  ///< by the worker: why it has no such module
  bool loaded;                    ///< by the worker: the module is there
  bool has_malloc;                ///< by the worker: and it has malloc, calloc, realloc and free of its own
  bool tells_usable_size;
  std::atomic<std::uint32_t> asked;     ///< turns that the tool asked for
  std::atomic<std::uint32_t> answered;  ///< turns that the worker ended; the first is its being ready
  Request request;
  Reply reply;
  std::array<Place, most_threads> places;
  std::uint32_t features, coverage;  ///< how many counters of each were written
  std::array<std::uint8_t, most_features> feature_counters;
  std::array<std::uint8_t, most_coverage> coverage_counters;
};

/// Behind the head: the trace in its binary form, then an answer for every operation.
[[nodiscard]] inline std::span<std::byte> trace_in(std::span<std::byte> memory, std::uint64_t bytes) {
  return memory.subspan(sizeof(Head), bytes);
}
/// An answer is 0 where NULL or nothing was given, else 1 and the block's usable bytes.
[[nodiscard]] inline std::span<std::uint64_t> answers_in(std::span<std::byte> memory,
                                                         std::uint64_t trace_bytes) {
  const std::size_t begin = (sizeof(Head) + trace_bytes + 15) / 16 * 16;
  return {reinterpret_cast<std::uint64_t*>(memory.data() + begin), trace_bytes / 16};
}
[[nodiscard]] constexpr std::size_t bytes_for(std::uint64_t trace_bytes) {
  return sizeof(Head) + 2 * trace_bytes + 64;
}

/// Writes a text and its zero byte, cut to what fits, and returns the room left behind it.
inline std::span<char> put_text(std::span<char> room, std::string_view text) {
  if (room.empty()) return room;
  const std::string_view fitting = text.substr(0, room.size() - 1);
  std::memcpy(room.data(), fitting.data(), fitting.size());
  room[fitting.size()] = '\0';
  return room.subspan(fitting.size() + 1);
}

/// The text at the start of `room`, which goes on behind it.
[[nodiscard]] inline std::string_view take_text(std::span<const char>& room) {
  const std::size_t size = strnlen(room.data(), room.size());
  const std::string_view text(room.data(), size);
  room = room.subspan(size < room.size() ? size + 1 : size);
  return text;
}

/// Sleeps while `word` is `value`, for as long as that or so many milliseconds; both processes see the word.
/// May return early.
void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value, unsigned milliseconds);
/// Changes the word and wakes who sleeps on it.
void set_and_wake(std::atomic<std::uint32_t>& word, std::uint32_t value);

}  // namespace poolhammer::library
