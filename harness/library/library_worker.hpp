#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/library/board.hpp"
#include "harness/process/fork_server.hpp"
#include "harness/process/worker.hpp"

namespace poolhammer::library {

/// What a worker is to load, and which functions it is to look for.
struct WorkerSetup {
  Library library;
  std::string module;                                     ///< see LibraryOptions
  std::vector<std::pair<Function, std::string>> symbols;  ///< see LibraryOptions
  std::chrono::milliseconds patience = ForkServer::usual_patience;
};

/// A process that performs programs on a library, and the memory that it shares with this one. One that forks
/// loads the library once; then its children perform them, one after the other, each as a process does that
/// was just started.
class LibraryWorker {
 public:
  /// Starts the process, with room for programs of so many operations (the usual number at least). It answers
  /// when it is ready. Throws InputError where the library's path is too long, else as ForkServer does.
  LibraryWorker(const WorkerSetup& setup, std::size_t operations, bool forks);

  [[nodiscard]] Head& head() const { return *reinterpret_cast<Head*>(memory_.bytes().data()); }
  [[nodiscard]] std::span<std::byte> memory() const { return memory_.bytes(); }
  [[nodiscard]] bool has_room_for(std::size_t operations) const {
    return bytes_for(operations) <= memory_.bytes().size();
  }
  /// Whether every worker has room for so many.
  [[nodiscard]] static bool is_usual(std::size_t operations);

  /// Whether there is a process that programs can be given to.
  [[nodiscard]] bool lives() const { return lives_; }
  /// Whether that process is to be a child: it was forked, not started.
  [[nodiscard]] bool is_forked() const { return forked_; }
  /// Turns that the process was asked for.
  [[nodiscard]] std::uint32_t turns() const { return turns_; }
  void ask_for_turn() { set_and_wake(head().asked, ++turns_); }

  [[nodiscard]] bool forks() { return process_ && process_->forks(); }
  /// Asks for a child, which answers when it is ready; the one before is ended. For a worker that forks and
  /// was ready. What is shared is as a process finds it that was just started.
  void fork();
  /// See ForkServer::look().
  [[nodiscard]] std::optional<ProcessEnd> look(const ProcessLimits& limits);
  void restart_time() { process_->restart_time(); }
  /// See ForkServer::spent().
  [[nodiscard]] std::chrono::milliseconds spent() const {
    return process_ ? process_->spent() : std::chrono::milliseconds{};
  }
  /// Ends the process that programs are given to; a server stays. What is shared can still be read.
  void end();

 private:
  SharedMemory memory_;
  std::optional<ForkServer> process_;
  std::vector<std::byte> ready_;  ///< the head as the server left it when it was ready
  std::uint32_t turns_ = 0;
  bool lives_ = true;
  bool forked_ = false;
};

}  // namespace poolhammer::library
