#pragma once

#include <cstddef>
#include <cstdint>

/// The log that the preload library writes into and the converter reads: one file a process, in the byte
/// order of the machine, because it never leaves it. A header, then events in the order in which they hold.
namespace poolhammer::log {

inline constexpr std::uint64_t magic = 0x676f'4c43'4552'4850;  ///< the bytes "PHRECLog"
inline constexpr std::uint32_t version = 1;

/// The file grows by this many bytes at a time, each window reserved on the disk before it is written to.
inline constexpr std::size_t window_bytes = std::size_t{256} << 10U;

enum class EventKind : std::uint8_t {
  malloc = 1,         ///< address <- malloc(size)
  calloc = 2,         ///< address <- calloc(other, size)
  free = 3,           ///< free(address), logged before the block is given back
  realloc_begin = 4,  ///< realloc(address, size) begins: from here on another thread may get `address`
  realloc_end = 5,    ///< address <- realloc(other, size); with `other` null there was no realloc_begin
  aligned = 6,        ///< address <- an aligned allocation of `size` bytes at a multiple of `other`
};

/// One event. A null address as a result is a request that was refused.
struct Event {
  EventKind kind{};
  std::uint8_t zero[3]{};
  std::uint32_t thread = 0;  ///< a number of its own for each thread of the process, from 1
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t other = 0;
};
static_assert(sizeof(Event) == 32);

struct Header {
  std::uint64_t magic = 0;
  std::uint32_t version = 0;
  std::uint32_t pid = 0;
  std::uint32_t parent_pid = 0;
  std::int32_t stopped = 0;      ///< the errno that ended the recording before the process ended, or 0
  std::uint64_t started_ns = 0;  ///< CLOCK_MONOTONIC
  /// How many events are whole. Raised after each event is written, so a killed process leaves a readable
  /// log.
  std::uint64_t events = 0;
  std::uint64_t lost = 0;  ///< events inside a signal handler that interrupted the logging of another
  std::uint8_t reserved[16]{};
  char program[256]{};  ///< path of the executable, cut where it is longer, and a zero
};
static_assert(sizeof(Header) == 320 && sizeof(Header) % sizeof(Event) == 0 &&
              window_bytes % sizeof(Event) == 0);

}  // namespace poolhammer::log
