// An allocator that passes everything on to operator new: a correct one, also under a sanitizer whose
// operator new ends the process instead of throwing.
#include <cstdint>
#include <new>

#include "harness/subjects/adapt.hpp"

namespace {

struct Forwarding {
  static void* allocate(std::size_t size, std::size_t alignment) {
    // libstdc++ 12 rounds the size up to the alignment, over SIZE_MAX too, and then gives a block of no
    // bytes.
    if (size > PTRDIFF_MAX) throw std::bad_alloc();
    return ::operator new (size, std::align_val_t{alignment});
  }
  static void deallocate(void* block, std::size_t /*size*/, std::size_t alignment) {
    ::operator delete (block, std::align_val_t{alignment});
  }
  static constexpr std::size_t largest_alignment = 256;
  static constexpr bool zero_sized_blocks = true;
};
struct ForwardingPlainly {
  static void* allocate(std::size_t size) { return ::operator new[](size); }
  static void deallocate(void* block) { ::operator delete[](block); }
};
const poolhammer::Adapted<Forwarding> registration("forwarding", "operator new with an alignment");
const poolhammer::Adapted<ForwardingPlainly> plainly("forwarding-plainly", "operator new[]");

}  // namespace
