// The program that the tests of the preloaded library start: each mode tells by its exit status whether the
// library kept its promises, and says on stderr which it broke.

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <thread>
#include <vector>

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "client: not so: %s\n", what);
  _exit(1);
}

/// Hides from the compiler where a pointer comes from.
template <class T>
T* hidden(T* pointer) {
  T* volatile place = pointer;
  return place;
}

bool aligned(const void* block, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(block) % alignment == 0;
}

/// A pool's block of a request of 100 bytes has 112. The C library's would have 104.
bool from_pools(void* block_of_100) {
  return malloc_usable_size(block_of_100) == 112;
}

bool all_bytes(const void* block, int value, std::size_t size) {
  const auto* const bytes = static_cast<const unsigned char*>(block);
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] != value) return false;
  }
  return true;
}

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

/// Grows and shrinks across pools and the C library, and looks at the contents at every step.
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
    require(refused(realloc(block, too_much)), "realloc fails over PTRDIFF_MAX");
    require(refused(reallocarray(block, too_much, 2)), "reallocarray fails where the product overflows");
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

/// A number of blocks of pools that nobody frees.
void keeps(long blocks) {
  for (long i = 0; i < blocks; ++i) require(hidden(malloc(24)) != nullptr, "malloc");
}

// --- C++

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

// --- threads and forks

/// Says in each of its bytes but the first two whose it is; the first two say how large it is.
unsigned char* marked_block(std::size_t size, unsigned char mark) {
  auto* const block = static_cast<unsigned char*>(hidden(malloc(size)));
  require(block != nullptr, "malloc among threads");
  std::memset(block, mark, size);
  block[0] = static_cast<unsigned char>(size / 256);
  block[1] = static_cast<unsigned char>(size % 256);
  return block;
}

void look_at_and_free(unsigned char* block, unsigned move_to) {
  if (block == nullptr) return;
  std::size_t size = block[0] * 256U + block[1];
  const unsigned char mark = block[2];
  if (move_to != 0) {
    block = static_cast<unsigned char*>(hidden(realloc(block, move_to)));
    require(block != nullptr, "realloc among threads");
    size = move_to < size ? move_to : size;
  }
  require(all_bytes(block + 2, mark, size - 2), "a block that another thread filled holds what it wrote");
  free(block);
}

/// Four threads pass blocks of all kinds to each other by a few places.
void shares(unsigned rounds) {
  std::array<std::atomic<unsigned char*>, 64> shelf{};
  const auto work = [&](unsigned seed) {
    std::uint32_t random = seed;
    for (unsigned i = 0; i < rounds; ++i) {
      random = random * 1664525U + 1013904223U;
      const std::size_t size = 8 + (random >> 16U) % ((i % 16 == 0) ? 3000 : 500);
      unsigned char* const block = marked_block(size, static_cast<unsigned char>(seed));
      look_at_and_free(shelf[(random >> 8U) % shelf.size()].exchange(block), i % 4 == 0 ? 8 + i % 700 : 0);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i <= 4; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
  for (auto& place : shelf) look_at_and_free(place.load(), 0);
}

int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

/// Children of a process whose other threads allocate all the time; each allocates, and so does its child.
void forks_among_threads() {
  std::atomic<bool> done{false};
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < 3; ++i) {
    workers.emplace_back([&done, i] {
      while (!done) free(hidden(malloc(16 * (i + 1))));
    });
  }
  void* const parents = hidden(malloc(100));
  for (int i = 0; i < 100; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      free(parents);
      for (std::size_t k = 1; k < 1000; ++k) free(hidden(malloc(k)));
      const pid_t grandchild = fork();
      if (grandchild == 0) {
        keeps(1000);
        _exit(0);
      }
      _exit(status_of(grandchild) == 0 ? 0 : 1);
    }
    require(status_of(child) == 0, "a child allocates");
  }
  done = true;
  for (std::thread& worker : workers) worker.join();
  free(parents);
}

std::atomic<int> handlers_run{0};

/// Handlers of a fork that allocate, as they may in glibc.
void allocates_in_fork_handlers() {
  const auto handler = [] {
    free(hidden(malloc(100)));
    free(hidden(malloc(1000)));
    ++handlers_run;
  };
  pthread_atfork(handler, handler, handler);
  const pid_t child = fork();
  if (child == 0) _exit(handlers_run);
  const int status = status_of(child);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 2 && handlers_run == 2, "every handler runs");
}

/// A child that counts on its own and ends as programs do.
void leaves_a_child() {
  keeps(1000);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    keeps(10);
    std::exit(0);
  }
  require(status_of(child) == 0, "the child ends well");
}

void ends_in_a_thread() {
  std::thread([] {
    keeps(10);
    std::exit(5);
  }).join();
}

// --- memory that ends

/// Blocks chained through their own first bytes, as a program without memory has no other place for books.
class Chain {
 public:
  /// Takes blocks until there are no more; returns how many.
  std::size_t take_all(std::size_t size) {
    errno = 0;
    for (std::size_t blocks = 0;; ++blocks) {
      auto** const block = static_cast<void**>(hidden(malloc(size)));
      if (block == nullptr) {
        require(errno == ENOMEM, "malloc says ENOMEM when memory ends");
        return blocks;
      }
      *block = first_;
      first_ = block;
    }
  }
  void give_back() {
    while (first_ != nullptr) {
      auto** const next = static_cast<void**>(*first_);
      free(first_);
      first_ = next;
    }
  }

 private:
  void** first_ = nullptr;
};

/// Lets the process have so many bytes of addresses, for as long as it lives.
class Limit {
 public:
  static constexpr std::size_t bytes = std::size_t{64} << 20U;
  Limit() {
    getrlimit(RLIMIT_AS, &before_);
    struct rlimit limit = before_;
    limit.rlim_cur = bytes;
    require(setrlimit(RLIMIT_AS, &limit) == 0, "a limit is set");
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { setrlimit(RLIMIT_AS, &before_); }

 private:
  struct rlimit before_ {};
};

/// Takes all that a limit of addresses leaves, gives it back, and can allocate again.
void exhausts() {
  {
    const Limit limit;
    for (const std::size_t size : {64UL, 500UL, 4096UL, 64UL, 500UL, 4096UL}) {
      Chain chain;
      require(chain.take_all(size) * size > Limit::bytes / 8, "a good part of the memory was had");
      require(hidden(calloc(10, size)) == nullptr && errno == ENOMEM, "calloc says ENOMEM, too");
      chain.give_back();
    }
  }
  serves();
}

/// Goes on asking when the last byte is gone: the checker has none either.
void insists() {
  {
    const Limit limit;
    Chain chain;
    for (const std::size_t size : {500UL, 2000UL, 200UL, 24UL}) chain.take_all(size);
    for (int i = 0; i < 1000; ++i) require(hidden(malloc(24)) == nullptr, "there is no memory");
    chain.give_back();
  }
  serves();
}

// --- programs that are wrong

/// Two freed blocks of one pool, in which the second leads to the first.
struct Freed {
  unsigned char* first = static_cast<unsigned char*>(hidden(malloc(200)));
  unsigned char* second = static_cast<unsigned char*>(hidden(malloc(200)));

  Freed() {
    free(hidden(first));
    free(hidden(second));
  }
};

void writes_into_a_freed_block() {
  const Freed freed;
  std::memset(freed.second, 0xAB, 8);
  free(hidden(malloc(1000)));
}

void frees_twice() {
  const Freed freed;
  free(hidden(freed.first));
  free(hidden(malloc(1000)));
}

void writes_before_a_pool() {
  auto* const block = static_cast<unsigned char*>(hidden(malloc(200)));
  const std::uintptr_t pool = reinterpret_cast<std::uintptr_t>(block) & ~std::uintptr_t{0x3FFF};
  ++*reinterpret_cast<std::uint32_t*>(pool);
}

struct Mode {
  const char* name;
  void (*run)();
};

constexpr std::array modes = {
    Mode{"serves", serves},
    Mode{"aligns", aligns},
    Mode{"reallocates", reallocates},
    Mode{"refuses", refuses},
    Mode{"news", news},
    Mode{"keeps-0", [] { keeps(0); }},
    Mode{"keeps-1000", [] { keeps(1000); }},
    Mode{"shares", [] { shares(20000); }},
    Mode{"shares-a-little", [] { shares(1000); }},
    Mode{"forks-among-threads", forks_among_threads},
    Mode{"allocates-in-fork-handlers", allocates_in_fork_handlers},
    Mode{"leaves-a-child", leaves_a_child},
    Mode{"ends-in-a-thread", ends_in_a_thread},
    Mode{"exhausts", exhausts},
    Mode{"insists", insists},
    Mode{"writes-into-a-freed-block", writes_into_a_freed_block},
    Mode{"frees-twice", frees_twice},
    Mode{"writes-before-a-pool", writes_before_a_pool},
    Mode{"closes-stderr", [] { std::fclose(stderr); }},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Mode& mode : modes) {
    if (argc != 2 || std::strcmp(argv[1], mode.name) != 0) continue;
    mode.run();
    return 0;
  }
  std::fprintf(stderr, "expected one mode\n");
  return 99;
}
