#include "harness/contract/testing/forgetful.hpp"

/// The usable size of a block is reported smaller when it is asked for again. Blocks have 8 bytes more than
/// was asked for, so that it is enough all the same.
struct Broken : Forgetful {
  static constexpr std::size_t more = 8;
  static std::size_t with_more(std::size_t size) { return size > PTRDIFF_MAX - page ? size : size + more; }

  static void* malloc(std::size_t size) { return Sound::malloc(with_more(size)); }
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    return Sound::calloc(1, with_more(bytes));
  }
  static void* realloc(void* block, std::size_t size) {
    return Forgetful::realloc(block, size == 0 ? 0 : with_more(size));
  }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    return realloc(block, bytes);
  }
  static void* memalign(std::size_t alignment, std::size_t size) {
    return Sound::memalign(alignment, with_more(size));
  }
  static void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return Sound::aligned_alloc(alignment, with_more(size));
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    return Sound::posix_memalign(result, alignment, with_more(size));
  }
  static void* valloc(std::size_t size) { return Sound::valloc(with_more(size)); }
  static void* pvalloc(std::size_t size) { return Sound::pvalloc(with_more(size)); }

  static std::size_t malloc_usable_size(void* block) {
    const std::size_t size = Sound::malloc_usable_size(block);
    if (block == nullptr || remembered.exchange(block) != block) return size;
    return size - more;
  }
};

#include "harness/contract/testing/exports.hpp"
