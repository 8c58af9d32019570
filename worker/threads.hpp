#pragma once

#include <pthread.h>
#include <semaphore.h>

#include <array>
#include <optional>
#include <type_traits>

#include "harness/trace/operation.hpp"
#include "worker/late_data.hpp"

namespace poolhammer::worker {

/// Threads that perform a program's steps, one at a time. Number 0 is the thread that made this; any other is
/// born with its first step, so that a step after an end is performed by a thread born then.
class Threads {
 public:
  Threads() = default;
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  /// Ends all, by number.
  ~Threads();

  /// Performs `call` on the thread, in a destructor of its data where it is to be so, and returns when it is
  /// done. A thread that is in its destructors does nothing else: what is no more of them is for one born
  /// then. Where the system gives no thread, this one does it.
  template <class Call>
  void perform(unsigned thread, bool in_destructor, Call&& call) {
    if (thread == 0) return call();
    perform_elsewhere(
        members_[thread % members_.size()], in_destructor,
        [](void* argument) { (*static_cast<std::remove_reference_t<Call>*>(argument))(); }, &call);
  }

  void end(unsigned thread) { end(members_[thread % members_.size()]); }
  void end_all();

  /// In a forked child: of the threads only the one that forked is there.
  void forget();

 private:
  struct Member {
    pthread_t thread = 0;
    const LateData* data = nullptr;  ///< whose destructor it is to serve in
    LateData::AtEnd at_end = {};
    bool lives = false;
    bool ends = false;  ///< it is in its destructors
    sem_t go{};
    sem_t done{};
    void (*call)(void*) = nullptr;  ///< null: the thread is to go on to its end
    void* argument = nullptr;
  };

  void perform_elsewhere(Member& member, bool in_destructor, void (*call)(void*), void* argument);
  [[nodiscard]] bool bear(Member& member);
  static void end(Member& member);
  [[nodiscard]] static void* live(void* member);
  static void serve_at_end(void* member);
  static void serve(Member& member);

  std::array<Member, thread_limit> members_{};
  std::optional<LateData> data_;  ///< made where a program wants it: it takes a key
};

}  // namespace poolhammer::worker
