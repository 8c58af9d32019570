#include "preload/home.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

#include "allocator/heap.hpp"
#include "allocator/invariants/block_check.hpp"
#include "allocator/invariants/check.hpp"
#include "interpose/lock.hpp"
#include "preload/libc_memory.hpp"
#include "preload/report.hpp"

namespace poolhammer::preload {
namespace {

/// A failure that the heap gets over is none of the program's business.
struct ArenaSource {
  [[nodiscard]] static void* allocate(std::size_t size) noexcept {
    const int saved_errno = errno;
    void* const arena = pymalloc::OsArenaSource::allocate(size);
    errno = saved_errno;
    return arena;
  }
  static void release(void* arena, std::size_t size) noexcept {
    const int saved_errno = errno;
    pymalloc::OsArenaSource::release(arena, size);
    errno = saved_errno;
  }
};

using Heap = pymalloc::Heap<Layout, ArenaSource, LibcMemory>;

/// Everything that the lock guards. Zero bytes at first, as the first request comes before any constructor;
/// never destroyed, as the last comes after every destructor.
struct Guarded {
  alignas(Heap) std::byte place[sizeof(Heap)];
  Heap* heap;  ///< null until the first operation builds it in its place
  ArenaSource source;
  LibcMemory raw;
  Settings settings;
  Counts counts;
  std::uint64_t until_check;  ///< operations before the next check, where there are checks
};

constinit interpose::Lock lock;
constinit Guarded guarded{};

/// What a thread is doing here. Looked up without a call: the library is there from the start.
struct Here {
  bool inside;   ///< holds the lock, or is about to
  bool forking;  ///< holds the lock from before its fork until after it
};
constinit thread_local Here here{};

/// One operation's stay: all of the heap is the thread's while it lasts, unless it is nested in another one.
class Visit {
 public:
  Visit() noexcept : nested_(here.inside) {
    if (nested_) return;
    // First the mark, then the lock: a signal handler that allocates in between must not wait for its own
    // thread.
    here.inside = true;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!here.forking) lock.enter();
  }
  ~Visit() {
    if (nested_) return;
    if (!here.forking) lock.leave();
    std::atomic_signal_fence(std::memory_order_seq_cst);
    here.inside = false;
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  [[nodiscard]] bool nested() const noexcept { return nested_; }

 private:
  bool nested_;
};

[[nodiscard]] Heap& heap() noexcept {
  if (guarded.heap == nullptr) [[unlikely]]
    guarded.heap = new (guarded.place) Heap(guarded.source, guarded.raw);
  return *guarded.heap;
}

[[noreturn, gnu::noinline]] void end_by(const pymalloc::Violation& violation) noexcept {
  report_damage(guarded.settings, guarded.counts, violation);
  std::abort();
}

/// Walks the whole heap. What the walk itself allocates is nested, and so the C library's.
[[gnu::noinline]] void check_heap() noexcept {
  const int saved_errno = errno;
  guarded.until_check = guarded.settings.check_every;
  try {
    if (const pymalloc::Check violation = pymalloc::check(heap().state())) end_by(*violation);
    ++guarded.counts.checks;
  } catch (const std::bad_alloc&) {
    ++guarded.counts.checks_given_up;
  }
  errno = saved_errno;
}

/// Counts an operation, and has the heap checked when it is due: before the operation, which could stumble
/// over what the check names.
[[nodiscard]] Heap& begin(std::uint64_t& count) noexcept {
  ++count;
  if (guarded.settings.check_every != 0 && --guarded.until_check == 0) [[unlikely]]
    check_heap();
  return heap();
}

[[nodiscard]] void* refuse() noexcept {
  errno = ENOMEM;
  return nullptr;
}

[[nodiscard]] void* answer(void* block) noexcept {
  return block != nullptr ? block : refuse();
}

/// What the heap gives to the program: every block is looked at where anything is checked, as no walk over
/// the heap sees what a block owes to the program.
[[nodiscard]] void* hand_out(void* block) noexcept {
  static_assert(Layout::alignment >= alignof(std::max_align_t), "ISO C promises that of malloc");
  if (guarded.settings.check_every != 0) {
    if (const pymalloc::Check violation = pymalloc::check_block(block, Layout::alignment)) [[unlikely]]
      end_by(*violation);
  }
  return answer(block);
}

/// Counts an allocation that the C library is going to serve, outside of the lock.
void note_large() noexcept {
  const Visit visit;
  if (!visit.nested()) (void)begin(guarded.counts.large_allocations);
}

/// Pools serve sizes from 1 on; 0 wraps to the largest number.
[[nodiscard]] constexpr bool is_small(std::size_t size) noexcept {
  return size - 1 < Layout::small_request_threshold;
}

/// Whether the block is a pool's, asked in a call that is nested.
[[nodiscard]] bool is_ours(const void* block) noexcept {
  return guarded.heap != nullptr && guarded.heap->owns(block);
}

/// Inside another call a block of the heap can only be copied.
[[nodiscard]] void* reallocate_nested(void* block, std::size_t size) noexcept {
  if (!is_ours(block)) return answer(__libc_realloc(block, size));
  void* const moved = __libc_malloc(size);
  if (moved == nullptr) return refuse();
  return std::memcpy(moved, block, std::min(size, Heap::block_size_in_pool(block)));
}

}  // namespace

void* allocate(std::size_t size) noexcept {
  if (is_small(size)) {
    const Visit visit;
    if (!visit.nested()) return hand_out(begin(guarded.counts.small_allocations).malloc(size));
  } else {
    note_large();
  }
  return answer(__libc_malloc(size));
}

void* allocate_zeroed(std::size_t count, std::size_t size) noexcept {
  std::size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) return refuse();
  if (is_small(total)) {
    const Visit visit;
    if (!visit.nested()) return hand_out(begin(guarded.counts.small_allocations).calloc(1, total));
  } else {
    note_large();
  }
  return answer(__libc_calloc(1, total));
}

void* allocate_aligned(std::size_t alignment, std::size_t size) noexcept {
  if (alignment <= Layout::alignment) return allocate(size);
  note_large();
  return answer(__libc_memalign(alignment, size));
}

void* reallocate(void* block, std::size_t size) noexcept {
  if (block == nullptr) return allocate(size);
  if (size == 0) {
    release(block);
    return nullptr;
  }
  {
    const Visit visit;
    if (visit.nested()) return reallocate_nested(block, size);
    Heap& home = begin(guarded.counts.reallocations);
    if (home.owns(block)) return hand_out(home.realloc(block, size));
  }
  return answer(__libc_realloc(block, size));
}

void release(void* block) noexcept {
  if (block == nullptr) return;
  {
    const Visit visit;
    if (visit.nested()) {
      if (is_ours(block)) return;
    } else {
      Heap& home = begin(guarded.counts.frees);
      if (home.owns(block)) return home.free(block);
    }
  }
  __libc_free(block);
}

std::size_t usable_size(void* block) noexcept {
  {
    const Visit visit;
    if (is_ours(block)) return Heap::block_size_in_pool(block);
  }
  return interpose::libc_usable_size(block);
}

void configure(const Settings& settings) noexcept {
  const Visit visit;
  guarded.settings = settings;
  guarded.until_check = settings.check_every;
}

void finish() noexcept {
  const Visit visit;
  if (visit.nested()) return;
  if (guarded.settings.check_every != 0) check_heap();
  report_statistics(guarded.settings, guarded.counts, heap().state());
}

void before_fork() noexcept {
  // A signal handler that forks inside an operation of its own thread cannot wait for that one's end.
  if (here.inside) return;
  lock.enter();
  here.forking = true;
}

void after_fork_in_parent() noexcept {
  if (!here.forking) return;
  here.forking = false;
  lock.leave();
}

void after_fork_in_child() noexcept {
  if (!here.forking) return;
  guarded.counts = {};
  guarded.until_check = guarded.settings.check_every;
  after_fork_in_parent();
}

}  // namespace poolhammer::preload
