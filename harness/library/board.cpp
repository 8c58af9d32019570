#include "harness/library/board.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace poolhammer::library {

void sleep_while(const std::atomic<std::uint32_t>& word, std::uint32_t value, unsigned milliseconds) {
  const timespec time = {.tv_sec = static_cast<time_t>(milliseconds / 1000),
                         .tv_nsec = static_cast<long>(milliseconds % 1000) * 1'000'000};
  syscall(SYS_futex, &word, FUTEX_WAIT, value, milliseconds == 0 ? nullptr : &time, nullptr, 0);
}

void wake(const std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void set_and_wake(std::atomic<std::uint32_t>& word, std::uint32_t value) {
  word.store(value, std::memory_order_release);
  wake(word);
}

}  // namespace poolhammer::library
