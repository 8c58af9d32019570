#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>

#include "harness/process/child_process.hpp"
#include "harness/process/fork_protocol.hpp"

namespace poolhammer {

/// A process that this program starts once, and that forks a child of itself whenever this program wants a
/// new one: what it did before it was ready (to load a library, above all) is done once. Its part is
/// worker::serve_forks(). A child is watched and judged as a ChildProcess is: by what it and all that it
/// started did, without the server; and it ends with everything that it started.
class ForkServer {
 public:
  /// Nothing that a server is waited for takes long, by the clock, on a machine that is not as good as dead.
  static constexpr std::chrono::milliseconds usual_patience = std::chrono::minutes(2);

  /// Starts the program, which forks only where it is asked to and finds that it can. A server that does not
  /// answer for longer than `patience`, as somebody stopped it, is lost. Throws as ChildProcess does.
  ForkServer(ProcessCommand program, bool forks, std::chrono::milliseconds patience = usual_patience);
  ForkServer(const ForkServer&) = delete;
  ForkServer& operator=(const ForkServer&) = delete;
  ~ForkServer();

  /// Whether it forks, which is known when it is ready, and may end with the server.
  [[nodiscard]] bool forks();

  /// Asks for a child; the one before is ended. That none comes to be is an end of it, for look() to return.
  void fork();
  /// How the child ended, or nothing while it keeps `limits`; before the first fork() the server itself. The
  /// output is what the server wrote until it was ready, and then the child. See ChildProcess::look().
  [[nodiscard]] std::optional<ProcessEnd> look(const ProcessLimits& limits);
  /// The limits of time count from here.
  void restart_time();
  /// Of the limit of time of what look() looks at, what is used up.
  [[nodiscard]] std::chrono::milliseconds spent() const;
  /// Ends the child, if there is one.
  void end_child();

 private:
  enum class Child : std::uint8_t {
    none,
    asked,  ///< not reported yet
    lives,
  };

  /// One end of a socket pair.
  class Socket {
   public:
    explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() { reset(); }
    void reset(int descriptor = -1);
    [[nodiscard]] int get() const { return descriptor_; }

   private:
    int descriptor_;
  };

  [[nodiscard]] ProcessCommand with_socket(ProcessCommand program, bool forks);
  void order(ForkOrder what);
  /// Takes what was reported; where `waits`, waits until the child has ended.
  void read_reports(bool waits);
  [[nodiscard]] bool has_report(bool waits) const;
  void note(const ForkReport& report);
  void lose_server();

  std::chrono::milliseconds patience_;
  Socket host_end_;
  Socket servers_end_;
  std::optional<ChildProcess> server_;  ///< nothing: it is lost
  LimitWatch watch_;                    ///< of the child
  bool forks_ = false;
  bool asked_ever_ = false;
  Child state_ = Child::none;
  pid_t child_ = 0;
  std::size_t loaded_output_ = 0;  ///< bytes that the server wrote until it was ready
  std::optional<ProcessEnd> end_;  ///< of the child
};

}  // namespace poolhammer
