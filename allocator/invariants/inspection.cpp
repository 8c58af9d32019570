#include "allocator/invariants/inspection.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace pymalloc {
namespace {

/// Whether the 8 bytes at an address may be read. The kernel copies the signal set in before it refuses the
/// first argument, so that nothing is changed and no fault is taken here. (mincore would take memory that is
/// mapped without a right to read it, such as a guard page, for readable.)
bool word_readable(std::uintptr_t address) {
  constexpr int no_action = ~0;
  constexpr std::size_t set_size = 8;
  const int before = errno;
  const long result = syscall(SYS_rt_sigprocmask, no_action, address, nullptr, set_size);
  const bool readable = result == -1 && errno != EFAULT;
  errno = before;  // free() may ask, and keeps it
  return readable;
}

/// Rights are given by the page, so that one word of each tells for all of it.
bool readable(const void* /*context*/, std::uintptr_t address, std::size_t size) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = address & ~(page - 1);
  const std::uintptr_t last = (address + size - 1) & ~(page - 1);
  if (last < first) return false;  // wraps around
  for (std::uintptr_t at = first;; at += page) {
    if (!word_readable(at)) return false;
    if (at == last) return true;
  }
}

}  // namespace

Readable readable_by_system() {
  return {&readable, nullptr};
}

}  // namespace pymalloc
