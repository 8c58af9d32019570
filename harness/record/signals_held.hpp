#pragma once

#include <csignal>
#include <ctime>

#include "harness/process/signals.hpp"

namespace poolhammer {

/// Holds back, from its begin to its end, the signals that could end this process before a recording is safe.
/// What came meanwhile was meant for the recorded command, or for both, and is dropped at the end.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigemptyset(&held_);
    for (const int signal : {SIGCHLD, SIGQUIT}) sigaddset(&held_, signal);
    for (const int signal : ending_signals) sigaddset(&held_, signal);
    pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() {
    constexpr timespec at_once{};
    while (sigtimedwait(&held_, nullptr, &at_once) > 0) continue;
    restore();
  }

  /// For a child process: as if none were held.
  void restore() const { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// Waits for the next of them; signal number 0 where something else ended the wait.
  [[nodiscard]] siginfo_t wait() const {
    siginfo_t info{};
    if (sigwaitinfo(&held_, &info) < 0) info = {};
    return info;
  }

 private:
  sigset_t held_{};
  sigset_t before_{};
};

}  // namespace poolhammer
