#pragma once

#include <cstddef>
#include <cstdlib>

namespace poolhammer::preload::testing {

/// Ends the process with status 1 and the broken promise on stderr where `holds` is false.
void require(bool holds, const char* what);

/// Hides from the compiler where a pointer comes from.
template <class T>
[[nodiscard]] T* hidden(T* pointer) {
  T* volatile place = pointer;
  return place;
}

/// Whether each of the `size` bytes of a block has the value.
[[nodiscard]] bool all_bytes(const void* block, int value, std::size_t size);

/// A block of a pool and one of the C library.
inline void allocates_a_little() {
  std::free(hidden(std::malloc(100)));
  std::free(hidden(std::malloc(1000)));
}

/// How many handlers of a fork a library has run that registered them before main, and before the preloaded
/// library was ready. They allocate.
[[nodiscard]] int early_handlers_run();

// The modes of the client. Each calls require() for all that the library promises about it.

void serves();       ///< malloc, calloc and free of every size up to 2000
void aligns();       ///< the aligned functions
void reallocates();  ///< across pools and the C library
void refuses();      ///< what cannot be served, and errno
void news();         ///< every form of operator new and delete

/// Exchanges blocks with a library that is loaded with RTLD_DEEPBIND, and found by the client's own paths.
void loads_deep_bound();

/// Leaves a number of blocks of 24 bytes.
void keeps(long blocks);
/// Four threads pass blocks of all kinds to each other by a few places.
void shares(unsigned rounds);
/// Children of a process whose other threads allocate all the time; each allocates, and so does its child.
void forks_among_threads();
/// Handlers of a fork that allocate, as they may in glibc; some of them run when the heap is at rest already.
void allocates_in_fork_handlers();
/// Keeps 1000 blocks, and has a child that keeps 10 and ends as programs do.
void leaves_a_child();
/// A handler of a crash inside the allocator, which allocates all the same and ends with status 7.
void crashes_inside();
/// exit(5) in a thread.
void ends_in_a_thread();

/// Takes all that a limit of addresses leaves, gives it back, and can allocate again.
void exhausts();
/// Goes on asking when the last byte is gone: the checker has none either.
void insists();

}  // namespace poolhammer::preload::testing
