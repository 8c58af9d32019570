#include "allocator/api/memory_resource.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>

namespace pymalloc {

// Stricter alignments: the block is longer by the alignment, and the address that the domain gave stands
// right in front of the aligned one, which is at least 16 bytes further.

void* DomainResource::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (alignment <= natural) {
    void* const block = system_->malloc(domain_, bytes);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  // The aligned address may be the block's end: of no bytes, that would be another block's address.
  bytes = std::max<std::size_t>(bytes, 1);
  if (bytes > std::numeric_limits<std::size_t>::max() - alignment) throw std::bad_alloc();
  void* const block = system_->malloc(domain_, bytes + alignment);
  if (block == nullptr) throw std::bad_alloc();
  const auto aligned = (std::bit_cast<std::uintptr_t>(block) + alignment) & ~(alignment - 1);
  auto* const result = std::bit_cast<std::byte*>(aligned);
  std::memcpy(result - sizeof block, &block, sizeof block);
  return result;
}

void DomainResource::do_deallocate(void* block, std::size_t, std::size_t alignment) {
  if (alignment > natural) std::memcpy(&block, static_cast<std::byte*>(block) - sizeof block, sizeof block);
  system_->free(domain_, block);
}

bool DomainResource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  const auto* const same = dynamic_cast<const DomainResource*>(&other);
  return same != nullptr && same->system_ == system_ && same->domain_ == domain_;
}

}  // namespace pymalloc
