#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace poolhammer {

/// Memory that this process and its workers see alike: anonymous, zero at first. Throws std::runtime_error
/// where the machine refuses it.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes);
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::span<std::byte> bytes_;
};

/// The library whose allocator a worker runs on.
struct Library {
  std::string name;  ///< as the user spells it
  std::string path;  ///< what the dynamic loader loads before all else; empty: the C library alone
};

struct WorkerLimits {
  std::chrono::milliseconds time{20'000};             ///< of the wall; longer is a hang
  std::size_t resident_bytes = std::size_t{2} << 30;  ///< more is an explosion of memory
};

/// How a worker ended.
struct WorkerEnd {
  enum class How : std::uint8_t { exited, signal, hang, memory };
  How how = How::exited;
  int status = 0;      ///< the exit status, or the signal's number
  std::string output;  ///< what it wrote to its standard streams: the first 4096 bytes

  [[nodiscard]] bool well() const { return how == How::exited && status == 0; }
};

/// "died by signal 11 (Segmentation fault)", "did not end within 20 s".
[[nodiscard]] std::string to_string(const WorkerEnd& end);

/// A process of its own for the allocator of a library: its crash, hang, abort or hunger for memory ends it
/// and nothing else. It is built without a sanitizer, finds `memory` on descriptor worker_descriptor, and
/// gets the same addresses each time, as far as the system and the library allow.
class Worker {
 public:
  /// Starts the program `poolhammer-worker` (beside this program, or where POOLHAMMER_WORKER says) on
  /// `library` with `argument`. Throws std::runtime_error, which says what is missing, where it cannot be
  /// started.
  Worker(const Library& library, const std::string& argument, const SharedMemory& memory);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Kills it with all that it started.
  ~Worker();

  /// Waits for its end, at most as long as `limits` allow; then it is killed with all that it started.
  [[nodiscard]] WorkerEnd wait(const WorkerLimits& limits);

  /// How it ended, or nothing while it runs within `limits`, whose time counts from `since`; one that does
  /// not is killed with all that it started. Does not wait.
  [[nodiscard]] std::optional<WorkerEnd> look(const WorkerLimits& limits,
                                              std::chrono::steady_clock::time_point since);

 private:
  int process_ = -1;  ///< -1 once it ended
  int output_ = -1;   ///< a file without a name that takes its standard streams
};

/// The descriptor on which a worker finds the shared memory.
inline constexpr int worker_descriptor = 3;

}  // namespace poolhammer
