#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace poolhammer::interpose {

/// A mutex that is open when its bytes are zero, so that it works before any constructor has run and before
/// there are threads. It allocates nothing and keeps errno. It can know its holder: a signal handler that
/// interrupts its own thread inside is turned away, where it would wait for itself forever. One word says
/// both, so there is no moment at which a handler could see the one without the other.
class Lock {
 public:
  /// Waits for the lock. False where `thread` (not 0, below 2^31) holds it already.
  [[nodiscard]] bool enter(std::uint32_t thread) noexcept {
    std::uint32_t seen = 0;
    if (word_.compare_exchange_strong(seen, thread, std::memory_order_acquire)) return true;
    if ((seen & ~awaited) == thread) return false;
    wait(thread, seen);
    return true;
  }

  /// The same for a caller that knows by itself that its thread is not inside. Either all callers of a lock
  /// do, or none.
  void enter() noexcept {
    std::uint32_t seen = 0;
    if (!word_.compare_exchange_strong(seen, somebody, std::memory_order_acquire)) wait(somebody, seen);
  }

  void leave() noexcept {
    if ((word_.exchange(0, std::memory_order_release) & awaited) != 0) futex(FUTEX_WAKE_PRIVATE, 1);
  }

 private:
  static constexpr std::uint32_t somebody = 1;
  static constexpr std::uint32_t awaited = 1U << 31U;

  /// Who has waited takes the lock as awaited: others may wait still.
  void wait(std::uint32_t thread, std::uint32_t seen) noexcept {
    for (;;) {
      const std::uint32_t next = seen == 0 ? thread | awaited : seen | awaited;
      if (seen == next || word_.compare_exchange_weak(seen, next, std::memory_order_acquire)) {
        if (seen == 0) return;
        futex(FUTEX_WAIT_PRIVATE, next);
        seen = word_.load(std::memory_order_relaxed);
      }
    }
  }

  void futex(int what, std::uint32_t value) noexcept {
    const int saved_errno = errno;
    syscall(SYS_futex, &word_, what, value, nullptr, nullptr, 0);
    errno = saved_errno;
  }

  std::atomic<std::uint32_t> word_{0};
};

}  // namespace poolhammer::interpose
