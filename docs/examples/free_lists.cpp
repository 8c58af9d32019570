// Blocks of powers of two, carved from one piece of memory; what is freed waits in the list of its size.
#include <bit>
#include <utility>

#include "harness/subjects/adapt.hpp"

class FreeLists {
 public:
  void* allocate(std::size_t size) {
    if (size > sizeof memory_ / 2) return nullptr;
    Link*& first = free_[list_of(size)];
    return first != nullptr ? std::exchange(first, first->next) : carve(list_of(size));
  }
  void deallocate(void* block, std::size_t size) {
    free_[list_of(size)] = new (block) Link{free_[list_of(size)]};
  }
  // Blocks ahead of need.
  void reserve(std::size_t size, std::size_t blocks) {
    for (; blocks > 0; --blocks)
      if (void* const block = carve(list_of(size))) deallocate(block, size);
  }
  static constexpr auto operations() {
    return poolhammer::operations(poolhammer::operation(
        "reserve", &FreeLists::reserve, poolhammer::in_log_range(1, 4096), poolhammer::in_range(1, 4)));
  }

 private:
  struct Link {
    Link* next;
  };
  static std::size_t list_of(std::size_t size) { return size <= 16 ? 4 : std::bit_width(size - 1); }
  void* carve(std::size_t list) {
    const std::size_t bytes = std::size_t{1} << list;
    return bytes > sizeof memory_ - used_ ? nullptr : &memory_[std::exchange(used_, used_ + bytes)];
  }
  alignas(16) std::byte memory_[65536];
  std::size_t used_ = 0;
  Link* free_[16] = {};
};
const poolhammer::Adapted<FreeLists> registration("free-lists", "powers of two, a free list of each");
