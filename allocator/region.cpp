#include "allocator/region.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace pymalloc {
namespace {

// The first is free in a plain process and under AddressSanitizer, whose shadow and own heap lie elsewhere;
// the second serves tools that offer less than 2^44 bytes of addresses (Valgrind), the third ThreadSanitizer.
// Which one a process gets depends on the build and its tool alone.
constexpr std::array<std::uintptr_t, 3> bases = {0x2000'0000'0000, 0x0100'0000'0000, 0x7e80'0000'0000};

}  // namespace

Region::Region(unsigned number) : base_(0) {
  if (number >= limit) throw std::runtime_error("region " + std::to_string(number) + " does not exist");
  int error = 0;
  for (const std::uintptr_t candidate : bases) {
    const std::uintptr_t wanted = candidate + number * size;
    void* const got = mmap(std::bit_cast<void*>(wanted), size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == std::bit_cast<void*>(wanted)) {
      base_ = wanted;
      // A heap touches few bytes of many pages: a huge page for each would cost more than the run.
      madvise(got, size, MADV_NOHUGEPAGE);
      return;
    }
    error = errno;
    if (got != MAP_FAILED) munmap(got, size);
  }
  throw std::runtime_error("cannot reserve 1 TiB of address space for a deterministic heap: " +
                           std::string(std::strerror(error)) + " (see ulimit -v)");
}

Region::~Region() {
  munmap(std::bit_cast<void*>(base_), size);
}

void Region::clear(std::uintptr_t address, std::size_t bytes) {
  const std::uintptr_t end = address + bytes;
  const std::uintptr_t first_page = std::min(end, (address + page - 1) & ~(page - 1));
  const std::uintptr_t last_page = std::max(first_page, end & ~(page - 1));
  std::memset(std::bit_cast<void*>(address), 0, first_page - address);
  if (last_page > first_page)
    madvise(std::bit_cast<void*>(first_page), last_page - first_page, MADV_DONTNEED);
  std::memset(std::bit_cast<void*>(last_page), 0, end - last_page);
}

bool Region::forbid(std::uintptr_t address, std::size_t bytes) {
  return mprotect(std::bit_cast<void*>(address), bytes, PROT_NONE) == 0;
}

bool Region::allow(std::uintptr_t address, std::size_t bytes) {
  return mprotect(std::bit_cast<void*>(address), bytes, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace pymalloc
