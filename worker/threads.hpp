#pragma once

#include <pthread.h>
#include <semaphore.h>

#include <array>
#include <type_traits>

#include "harness/trace/operation.hpp"

namespace poolhammer::worker {

/// Threads that perform a program's steps, one at a time. Number 0 is the thread that made this; any other is
/// born with its first step, so that a step after an end is performed by a thread born then.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  /// Ends all, by number.
  ~Threads() { end_all(); }

  /// Performs `call` on the thread, and returns when it is done. Where the system gives no thread, this one
  /// does it.
  template <class Call>
  void perform(unsigned thread, Call&& call) {
    if (thread == 0) return call();
    perform_elsewhere(
        members_[thread % members_.size()],
        [](void* argument) { (*static_cast<std::remove_reference_t<Call>*>(argument))(); }, &call);
  }

  void end(unsigned thread) { end(members_[thread % members_.size()]); }
  void end_all();

  /// In a forked child: of the threads only the one that forked is there.
  void forget();

 private:
  struct Member {
    pthread_t thread = 0;
    bool lives = false;
    sem_t go{};
    sem_t done{};
    void (*call)(void*) = nullptr;  ///< null: the thread is to end
    void* argument = nullptr;
  };

  static void perform_elsewhere(Member& member, void (*call)(void*), void* argument);
  static void end(Member& member);
  [[nodiscard]] static void* live(void* member);

  std::array<Member, thread_limit> members_{};
};

}  // namespace poolhammer::worker
