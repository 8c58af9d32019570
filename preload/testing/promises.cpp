#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>

#include "preload/testing/client.hpp"

namespace poolhammer::preload::testing {
namespace {

bool aligned(const void* block, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

/// A pool's block of a request of 100 bytes has 112. The C library's would have 104.
bool from_pools(void* block_of_100) {
  return malloc_usable_size(block_of_100) == 112;
}

}  // namespace

void serves() {
  for (std::size_t size = 0; size <= 2000; ++size) {
    void* const block = hidden(malloc(size));
    require(block != nullptr && aligned(block, 16), "malloc of every size gives an aligned block");
    require(malloc_usable_size(block) >= size, "a block is as large as was asked for");
    std::memset(block, 0x5A, malloc_usable_size(block));
    free(block);
    void* const zeroed = hidden(calloc(1, size));
    require(zeroed != nullptr && all_bytes(zeroed, 0, size), "calloc zeroes a used block");
    free(zeroed);
  }
  void* const block = hidden(malloc(100));
  require(from_pools(block), "a small block comes from a pool");
  free(block);
  void* const empty = hidden(malloc(0));
  void* const other = hidden(malloc(0));
  require(empty != nullptr && other != nullptr && empty != other, "blocks of no bytes are distinct");
  free(empty);
  free(other);
  free(hidden(static_cast<void*>(nullptr)));
  require(malloc_usable_size(nullptr) == 0, "null has no bytes");
}

void aligns() {
  for (std::size_t alignment = 8; alignment <= 65536; alignment *= 2) {
    for (const std::size_t size : {1UL, 100UL, 5000UL}) {
      void* block = hidden(aligned_alloc(alignment, size));
      require(block != nullptr && aligned(block, alignment), "aligned_alloc aligns");
      std::memset(block, 1, size);
      free(block);
      block = hidden(memalign(alignment, size));
      require(block != nullptr && aligned(block, alignment), "memalign aligns");
      require(malloc_usable_size(block) >= size, "an aligned block is as large as was asked for");
      block = hidden(realloc(block, size + 1000));
      require(block != nullptr, "an aligned block can be reallocated");
      free(block);
      require(posix_memalign(&block, alignment, size) == 0 && aligned(block, alignment),
              "posix_memalign aligns");
      free(block);
    }
  }
  const auto page = static_cast<std::size_t>(getpagesize());
  void* block = hidden(valloc(100));
  require(block != nullptr && aligned(block, page), "valloc aligns to a page");
  free(block);
  block = hidden(pvalloc(100));
  require(block != nullptr && aligned(block, page) && malloc_usable_size(block) >= page,
          "pvalloc gives whole pages");
  free(block);
  block = hidden(aligned_alloc(16, 100));
  require(from_pools(block), "a block aligned to 16 comes from a pool");
  free(block);
  const volatile std::size_t no_power_of_two = 48;
  block = hidden(memalign(no_power_of_two, 100));
  require(block != nullptr && aligned(block, 64), "memalign rounds an alignment up, as the C library does");
  free(block);
}

void reallocates() {
  auto* block = static_cast<unsigned char*>(hidden(realloc(nullptr, 1)));
  require(block != nullptr, "realloc of null allocates");
  block[0] = 0x77;
  std::size_t before = 1;
  for (const std::size_t size : {10UL, 100UL, 90UL, 512UL, 513UL, 100000UL, 600UL, 512UL, 20UL, 3UL}) {
    block = static_cast<unsigned char*>(hidden(realloc(block, size)));
    require(block != nullptr && aligned(block, 16), "realloc gives an aligned block");
    require(all_bytes(block, 0x77, before < size ? before : size), "realloc keeps the contents");
    std::memset(block, 0x77, size);
    before = size;
  }
  errno = 77;
  require(hidden(realloc(block, 0)) == nullptr && errno == 77, "realloc to no bytes frees, errno as it was");
  void* array = hidden(reallocarray(nullptr, 10, 10));
  require(from_pools(array), "reallocarray allocates from a pool");
  require(hidden(reallocarray(array, 0, 10)) == nullptr, "reallocarray to no bytes frees");
}

void refuses() {
  const volatile std::size_t too_much = std::size_t{PTRDIFF_MAX} + 1;
  const auto refused = [](void* block) {
    const bool as_promised = hidden(block) == nullptr && errno == ENOMEM;
    errno = 0;
    return as_promised;
  };
  errno = 0;
  require(refused(malloc(too_much)), "malloc fails over PTRDIFF_MAX");
  require(refused(malloc(SIZE_MAX - too_much + too_much)), "malloc fails at SIZE_MAX");
  require(refused(calloc(1, too_much)), "calloc fails over PTRDIFF_MAX");
  require(refused(calloc(too_much, 2)), "calloc fails where the product overflows");
  require(refused(calloc(too_much, 3)), "calloc fails where the product overflows to a lot");
  require(refused(aligned_alloc(64, too_much)), "aligned_alloc fails over PTRDIFF_MAX");
  require(refused(memalign(64, too_much)), "memalign fails over PTRDIFF_MAX");
  require(refused(valloc(too_much)), "valloc fails over PTRDIFF_MAX");
  require(refused(pvalloc(SIZE_MAX - too_much + too_much)), "pvalloc fails where rounding overflows");
  for (const std::size_t size : {100UL, 1000UL}) {
    auto* const block = static_cast<unsigned char*>(hidden(malloc(size)));
    std::memset(block, 0x33, size);
    require(refused(realloc(hidden(block), too_much)), "realloc fails over PTRDIFF_MAX");
    require(refused(reallocarray(hidden(block), too_much, 2)),
            "reallocarray fails where the product overflows");
    require(all_bytes(block, 0x33, size), "a failed realloc leaves the block alone");
    errno = 77;
    free(block);
    require(errno == 77, "free keeps errno");
    errno = 0;
  }
  for (const std::size_t alignment : {0UL, 3UL, 24UL, 48UL}) {
    require(hidden(aligned_alloc(alignment, 10)) == nullptr && errno == EINVAL,
            "aligned_alloc refuses an alignment that is no power of two");
    errno = 0;
  }
  int nothing = 0;
  void* result = &nothing;
  errno = 77;
  for (const std::size_t alignment : {0UL, 2UL, 4UL, 24UL}) {
    require(posix_memalign(&result, alignment, 10) == EINVAL, "posix_memalign refuses a bad alignment");
  }
  require(posix_memalign(&result, 64, too_much) == ENOMEM, "posix_memalign fails over PTRDIFF_MAX");
  require(result == &nothing && errno == 77, "a failed posix_memalign leaves the result and errno alone");
}

namespace {

int handler_calls = 0;

void give_up_at_the_third_call() {
  if (++handler_calls == 3) std::set_new_handler(nullptr);
}

struct alignas(64) Wide {
  std::array<char, 100> bytes;
};

template <class Allocate>
bool throws(Allocate allocate) {
  try {
    (void)hidden(allocate());
    return false;
  } catch (const std::bad_alloc&) {
    return std::uncaught_exceptions() == 0;
  }
}

}  // namespace

void news() {
  const auto width = std::align_val_t{64};
  void* block = hidden(::operator new(100));
  require(from_pools(block), "new takes from pools");
  ::operator delete(block);
  block = hidden(::operator new(100));
  ::operator delete (block, std::size_t{100});
  block = hidden(::operator new[](100));
  require(from_pools(block), "new[] takes from pools");
  ::operator delete[](block);
  block = hidden(::operator new[](100));
  ::operator delete[](block, std::size_t{100});
  block = hidden(::operator new(100, std::nothrow));
  require(from_pools(block), "nothrow new takes from pools");
  ::operator delete(block, std::nothrow);
  block = hidden(::operator new[](100, std::nothrow));
  require(from_pools(block), "nothrow new[] takes from pools");
  ::operator delete[](block, std::nothrow);
  block = hidden(::operator new(100, width));
  require(aligned(block, 64), "aligned new aligns");
  ::operator delete(block, width);
  block = hidden(::operator new[](100, width, std::nothrow));
  require(aligned(block, 64), "aligned nothrow new[] aligns");
  ::operator delete[](block, width, std::nothrow);
  block = hidden(::operator new (100, std::align_val_t{16}));
  require(from_pools(block), "new aligned to 16 takes from pools");
  ::operator delete (block, std::size_t{100}, std::align_val_t{16});
  Wide* const wide = hidden(new Wide[10]);
  require(aligned(wide, 64), "an array of an aligned type is aligned");
  delete[] wide;
  block = hidden(::operator new(0));
  require(block != nullptr, "new of no bytes gives a block");
  ::operator delete(block);

  const volatile std::size_t too_much = std::size_t{PTRDIFF_MAX} + 1;
  require(throws([&] { return ::operator new(too_much); }), "new throws");
  require(throws([&] { return ::operator new[](too_much); }), "new[] throws");
  require(throws([&] { return ::operator new(too_much, width); }), "aligned new throws");
  require(hidden(::operator new(too_much, std::nothrow)) == nullptr, "nothrow new gives null");
  require(hidden(::operator new(too_much, width, std::nothrow)) == nullptr, "aligned nothrow new gives null");
  std::set_new_handler(give_up_at_the_third_call);
  require(throws([&] { return ::operator new(too_much); }), "new throws once there is no handler");
  require(handler_calls == 3, "new asks the program's new handler until it gives up");
}

void loads_deep_bound() {
  void* const library = dlopen("libpreload_deep_bound.so", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  require(library != nullptr, "a library is searched where the program's own paths lead");
  const auto allocate = reinterpret_cast<void* (*)(std::size_t)>(dlsym(library, "deep_bound_allocate"));
  const auto give_back = reinterpret_cast<void (*)(void*)>(dlsym(library, "deep_bound_free"));
  require(allocate != nullptr && give_back != nullptr, "it is the library that was meant");
  void* const block = hidden(allocate(100));
  require(from_pools(block), "a library that is bound to itself first allocates from pools");
  free(block);
  give_back(hidden(malloc(100)));
  give_back(hidden(malloc(1000)));
  dlclose(library);
}

}  // namespace poolhammer::preload::testing
