#pragma once

#include <cstddef>

#include "preload/settings.hpp"

namespace poolhammer::preload {

// The one heap of a process, and the C library's allocator for what its pools do not serve. Every function
// may be called by any thread at any time, also before constructors have run and after destructors have.
//
// A call that comes while this thread is inside another one (the checker's own memory, or a signal handler)
// is the C library's: it changes nothing of the heap. A block of the heap that is freed by such a call is
// lost.

/// A block of `size` bytes, aligned to 16; null with ENOMEM where there is no memory or `size` is over
/// PTRDIFF_MAX. A size of 0 gives a distinct block.
[[nodiscard]] void* allocate(std::size_t size) noexcept;

/// As allocate(count * size), zeroed; null with ENOMEM where the product overflows, too.
[[nodiscard]] void* allocate_zeroed(std::size_t count, std::size_t size) noexcept;

/// As allocate(size), aligned to `alignment`, which the C library rounds up to a power of two.
[[nodiscard]] void* allocate_aligned(std::size_t alignment, std::size_t size) noexcept;

/// The block with a new size; null with ENOMEM, and the block as it was, where that cannot be had. A null
/// block is allocate(size). A block that gets the size 0 is freed and null returned, errno as it was: what
/// programs written for the C library expect (ISO C leaves it open, C23 undefined).
[[nodiscard]] void* reallocate(void* block, std::size_t size) noexcept;

/// Gives a block back and keeps errno, as POSIX.1-2024 asks. Null is allowed.
void release(void* block) noexcept;

/// The bytes that the owner of a live block may use; 0 for null.
[[nodiscard]] std::size_t usable_size(void* block) noexcept;

/// Takes what the environment asks of the library; until then nothing is checked.
void configure(const Settings& settings) noexcept;

/// The final report: checks the whole heap once more, and reports the statistics, as the settings say. A
/// violation ends the process.
void finish() noexcept;

/// To be called around a fork, so that the child gets a heap at rest and an open lock.
void before_fork() noexcept;
void after_fork_in_parent() noexcept;
/// The child counts from 0.
void after_fork_in_child() noexcept;

}  // namespace poolhammer::preload
