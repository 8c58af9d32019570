#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "allocator/poison.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

/// AddressSanitizer's allocator writes a warning for every size that it cannot serve: it is not asked for one
/// that no allocator can.
[[nodiscard]] bool not_asked([[maybe_unused]] std::size_t size) {
#ifdef PYMALLOC_ADDRESS_SANITIZER
  return size > PTRDIFF_MAX;
#else
  return false;
#endif
}

/// The C library's allocator of this process, or the sanitizer's in its place. Its addresses are not
/// deterministic.
class Libc final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "libc"; }
  [[nodiscard]] void* malloc(std::size_t size) override {
    return not_asked(size) ? nullptr : std::malloc(size);
  }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    std::size_t total = 0;
    if (!__builtin_mul_overflow(count, size, &total) && not_asked(total)) return nullptr;
    return std::calloc(count, size);
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    // ISO C leaves realloc(p, 0) open, and glibc frees p: a trace means a block of at least one byte.
    if (not_asked(size)) return nullptr;
    return std::realloc(block, size == 0 ? 1 : size);
  }
  void free(void* block) override { std::free(block); }

  /// ISO C: any object of that size or smaller. Blocks below 16 bytes need no more than their largest power
  /// of two.
  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override {
    std::size_t alignment = alignof(std::max_align_t);
    while (alignment > 1 && alignment > size) alignment /= 2;
    return alignment;
  }
  [[nodiscard]] std::optional<std::size_t> block_size(const void* block) override {
    return malloc_usable_size(const_cast<void*>(block));
  }
};

const SubjectRegistration registration("libc", "the C library's malloc, calloc, realloc and free",
                                       [](unsigned) -> std::unique_ptr<Subject> {
                                         return std::make_unique<Libc>();
                                       });

}  // namespace
}  // namespace poolhammer
