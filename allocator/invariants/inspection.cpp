#include "allocator/invariants/inspection.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace pymalloc {
namespace {

// mincore refuses a range with an unmapped page in it, and looks at no byte of it.
bool mapped(const void* /*context*/, std::uintptr_t address, std::size_t size) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = address & ~(page - 1);
  if (size > address + size - first) return false;  // wraps around
  std::vector<unsigned char> pages((address + size - first + page - 1) / page);
  return mincore(std::bit_cast<void*>(first), address + size - first, pages.data()) == 0;
}

}  // namespace

Readable readable_by_system() {
  return {&mapped, nullptr};
}

}  // namespace pymalloc
