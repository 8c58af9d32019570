#pragma once

#include <pthread.h>
#include <semaphore.h>

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "harness/trace/random.hpp"

namespace poolhammer::library {

/// Threads of which one at a time performs a call: which, a seed says. So blocks are given to one thread and
/// freed by another, and the same seed does it in the same way again. The first is the thread that made it.
class Crew {
 public:
  Crew(unsigned threads, std::uint64_t seed);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  /// Ends the threads, one after the other.
  ~Crew();

  /// Performs `call` on the thread whose turn it is, and returns when it is done.
  template <class Call>
  void perform(Call&& call) {
    // A thread has four calls on average before the next is drawn.
    if (members_.size() > 1 && random_.chance(1, 4))
      turn_ = static_cast<std::size_t>(random_.below(members_.size()));
    if (turn_ == 0) return call();
    perform_elsewhere([](void* argument) { (*static_cast<std::remove_reference_t<Call>*>(argument))(); },
                      &call);
  }

 private:
  struct Member {
    pthread_t thread = 0;
    bool lives = false;
    sem_t go{};
    sem_t done{};
    void (*call)(void*) = nullptr;  ///< null: the thread is to end
    void* argument = nullptr;
  };

  void perform_elsewhere(void (*call)(void*), void* argument);
  [[nodiscard]] static void* live(void* member);

  std::vector<std::unique_ptr<Member>> members_;
  Random random_;
  std::size_t turn_ = 0;
};

}  // namespace poolhammer::library
