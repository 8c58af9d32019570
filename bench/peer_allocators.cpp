#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "bench/allocator_under_test.hpp"

namespace poolhammer::bench {
namespace {

struct Peer {
  const char* name;
  const char* library;
  const char* package;  ///< Debian's
  /// Names of malloc, calloc, realloc and free in the library.
  std::array<const char*, 4> functions;
};

constexpr std::array peers = {
    Peer{"cpython",
         "libpython3.11.so.1.0",
         "libpython3.11",
         {"PyObject_Malloc", "PyObject_Calloc", "PyObject_Realloc", "PyObject_Free"}},
    Peer{"mimalloc",
         "libmimalloc.so.2",
         "libmimalloc2.0",
         {"mi_malloc", "mi_calloc", "mi_realloc", "mi_free"}},
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

/// Loads a library with its names kept to itself: linked in the ordinary way, mimalloc would take over malloc
/// in the whole process, and the row of the C library would show mimalloc once more.
std::optional<AllocatorUnderTest> load(const Peer& peer) {
  void* const library = dlopen(peer.library, RTLD_NOW | RTLD_LOCAL);
  AllocatorUnderTest found{peer.name, nullptr, nullptr, nullptr, nullptr};
  const auto& [malloc_name, calloc_name, realloc_name, free_name] = peer.functions;
  if (library != nullptr && find(library, malloc_name, found.malloc) &&
      find(library, calloc_name, found.calloc) && find(library, realloc_name, found.realloc) &&
      find(library, free_name, found.free)) {
    return found;
  }
  // Read at once: dlerror() forgets.
  const char* const reason = dlerror();
  fmt::print(stderr, "bench_speed: {} is left out: {} (Debian package: {})\n", peer.name,
             reason != nullptr ? reason : "it lacks a function", peer.package);
  return std::nullopt;
}

}  // namespace

std::vector<AllocatorUnderTest> peer_allocators() {
  std::vector<AllocatorUnderTest> found = {{"glibc", std::malloc, std::calloc, std::realloc, std::free}};
  for (const Peer& peer : peers) {
    if (auto loaded = load(peer)) found.push_back(*loaded);
  }
  return found;
}

}  // namespace poolhammer::bench
