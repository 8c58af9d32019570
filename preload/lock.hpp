#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace poolhammer::preload {

/// A mutex that is open when its bytes are zero, so that it works before any constructor has run and before
/// there are threads. It allocates nothing and keeps errno.
class Lock {
 public:
  constexpr Lock() noexcept = default;

  void enter() noexcept {
    std::uint32_t seen = open;
    if (word_.compare_exchange_strong(seen, held, std::memory_order_acquire)) return;
    // Who has waited takes the lock as awaited: others may wait still.
    while (word_.exchange(awaited, std::memory_order_acquire) != open) futex(FUTEX_WAIT_PRIVATE, awaited);
  }

  void leave() noexcept {
    if (word_.exchange(open, std::memory_order_release) == awaited) futex(FUTEX_WAKE_PRIVATE, 1);
  }

 private:
  static constexpr std::uint32_t open = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t awaited = 2;  ///< held, and somebody may sleep until it opens

  void futex(int what, std::uint32_t value) noexcept {
    const int saved_errno = errno;
    syscall(SYS_futex, &word_, what, value, nullptr, nullptr, 0);
    errno = saved_errno;
  }

  std::atomic<std::uint32_t> word_{open};
};

}  // namespace poolhammer::preload
