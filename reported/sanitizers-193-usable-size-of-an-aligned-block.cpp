// Report: https://github.com/google/sanitizers/issues/193
// Allocator: AddressSanitizer of LLVM 3.3
// Fault: Asking for the usable size of a block of 36 bytes from posix_memalign with the alignment 16 ends
//   the process.
// Breaks: usable, blocks, alignment, shadow, program.survives, crash
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static inline std::atomic<void*> odd = nullptr;

  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    const int status = Family::posix_memalign(result, alignment, size);
    if (status == 0 && alignment == 16 && size == 36) odd = *result;
    return status;
  }
  static std::size_t malloc_usable_size(void* block) {
    if (block != nullptr && block == odd) __builtin_trap();
    return Family::malloc_usable_size(block);
  }
  static void free(void* block) {
    void* freed = block;
    odd.compare_exchange_strong(freed, nullptr);
    Family::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
