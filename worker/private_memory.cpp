// The worker's own memory. What its C++ runtime and its own code allocate comes from here, so that the
// allocator under test serves the calls of the test alone: the program is linked with its own copy of the
// runtime, whose calls of malloc the linker sends to the functions below (--wrap).
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace {

struct Header {
  std::size_t bytes;  ///< of the block with its header, a power of two; 0: `next` is the header of the block
                      ///< that this one was cut out of for its alignment
  Header* next;       ///< while it is free
};
static_assert(sizeof(Header) == alignof(std::max_align_t));

constexpr std::size_t chunk_bytes = std::size_t{1} << 20U;

/// Free blocks by the logarithm of their size. Constant-initialised: it is used before any constructor runs.
class PrivateMemory {
 public:
  [[nodiscard]] void* take(std::size_t size) {
    const std::size_t bytes = std::bit_ceil(size + sizeof(Header));
    const auto index = static_cast<std::size_t>(std::countr_zero(bytes));
    const Guard guard(lock_);
    Header* header = free_[index];
    if (header != nullptr) {
      free_[index] = header->next;
    } else {
      header = static_cast<Header*>(carve(bytes));
      if (header == nullptr) return nullptr;
    }
    header->bytes = bytes;
    return header + 1;
  }

  /// A block at a multiple of `alignment`, a power of two.
  [[nodiscard]] void* take_aligned(std::size_t size, std::size_t alignment) {
    if (alignment <= alignof(std::max_align_t)) return take(size);
    void* block = take(size + alignment);
    if (block == nullptr) return nullptr;
    Header* const header = static_cast<Header*>(block) - 1;
    std::size_t space = size + alignment;
    void* const whole = block;
    std::align(alignment, size, block, space);
    if (block != whole) *(static_cast<Header*>(block) - 1) = {0, header};
    return block;
  }

  void give_back(void* block) {
    if (block == nullptr) return;
    Header* header = static_cast<Header*>(block) - 1;
    if (header->bytes == 0) header = header->next;
    const Guard guard(lock_);
    Header*& first = free_[static_cast<std::size_t>(std::countr_zero(header->bytes))];
    header->next = first;
    first = header;
  }

  [[nodiscard]] static std::size_t room(void* block) {
    return (static_cast<Header*>(block) - 1)->bytes - sizeof(Header);
  }

 private:
  class Guard {
   public:
    explicit Guard(std::atomic_flag& flag) : flag_(flag) {
      while (flag_.test_and_set(std::memory_order_acquire)) {
      }
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { flag_.clear(std::memory_order_release); }

   private:
    std::atomic_flag& flag_;
  };

  [[nodiscard]] static void* map(std::size_t bytes) {
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
  }

  [[nodiscard]] void* carve(std::size_t bytes) {
    if (bytes >= chunk_bytes / 4) return map(bytes);
    if (left_ < bytes) {
      chunk_ = static_cast<std::byte*>(map(chunk_bytes));
      left_ = chunk_ == nullptr ? 0 : chunk_bytes;
      if (chunk_ == nullptr) return nullptr;
    }
    void* const block = chunk_;
    chunk_ += bytes;
    left_ -= bytes;
    return block;
  }

  std::atomic_flag lock_;
  std::array<Header*, 64> free_{};
  std::byte* chunk_ = nullptr;
  std::size_t left_ = 0;
};

constinit PrivateMemory memory;

[[nodiscard]] void* take_or_throw(std::size_t size, std::size_t alignment = 1) {
  void* const block = memory.take_aligned(size, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the names that the linker gives wrapped functions.
void* __wrap_malloc(std::size_t size) {
  return memory.take(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const block = memory.take(bytes);
  if (block != nullptr) std::memset(block, 0, bytes);
  return block;
}
void* __wrap_realloc(void* block, std::size_t size) {
  if (block != nullptr && PrivateMemory::room(block) >= size) return block;
  void* const larger = memory.take(size);
  if (larger == nullptr) return nullptr;
  if (block != nullptr) std::memcpy(larger, block, PrivateMemory::room(block));
  memory.give_back(block);
  return larger;
}
void __wrap_free(void* block) {
  memory.give_back(block);
}
// NOLINTEND(bugprone-reserved-identifier)
}

void* operator new(std::size_t size) {
  return take_or_throw(size);
}
void* operator new[](std::size_t size) {
  return take_or_throw(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return take_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return take_or_throw(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept {
  memory.give_back(block);
}
void operator delete[](void* block) noexcept {
  memory.give_back(block);
}
void operator delete(void* block, std::size_t) noexcept {
  memory.give_back(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  memory.give_back(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  memory.give_back(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  memory.give_back(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  memory.give_back(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  memory.give_back(block);
}
