// Preloaded into a python3.11, learns its arenas before the interpreter starts, and looks at every pool when
// the process ends or when it is asked to.
#include <dlfcn.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

#include "allocator/layout.hpp"
#include "watch/walk.hpp"

namespace {

using poolhammer::watch::Arenas;

/// CPython's hook for arenas, as its documentation gives it.
struct ArenaHooks {
  void* context;
  void* (*allocate)(void* context, std::size_t size);
  void (*release)(void* context, void* arena, std::size_t size);
};

struct Watched {
  ArenaHooks inner;
  std::mutex mutex;
  Arenas arenas;
};

/// Null where this process is no python3.11. Never destroyed: the process may end at any point.
Watched* watched = nullptr;

void* allocate(void* /*context*/, std::size_t size) {
  void* const arena = watched->inner.allocate(watched->inner.context, size);
  if (arena == nullptr || size != pymalloc::Modern::arena_size) return arena;
  const std::lock_guard lock(watched->mutex);
  watched->arenas.insert(reinterpret_cast<std::uintptr_t>(arena));
  return arena;
}

void release(void* /*context*/, void* arena, std::size_t size) {
  {
    const std::lock_guard lock(watched->mutex);
    watched->arenas.erase(reinterpret_cast<std::uintptr_t>(arena));
  }
  watched->inner.release(watched->inner.context, arena, size);
}

template <class Function>
[[nodiscard]] Function find(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

void say(int descriptor, const std::string& line) {
  dprintf(descriptor, "poolhammer: process %d: %s\n", static_cast<int>(getpid()), line.c_str());
}

[[gnu::constructor]] void attach() {
  const auto get = find<void (*)(ArenaHooks*)>("PyObject_GetArenaAllocator");
  const auto set = find<void (*)(ArenaHooks*)>("PyObject_SetArenaAllocator");
  if (get == nullptr || set == nullptr) return;  // a child, say, that is no Python
  const auto* const version = find<const unsigned long*>("Py_Version");
  if (version == nullptr || *version >> 16U != 0x030B)
    return say(STDERR_FILENO, "this is not Python 3.11: its heap is not checked");
  watched = new Watched;
  get(&watched->inner);
  ArenaHooks ours{nullptr, &allocate, &release};
  set(&ours);
}

[[nodiscard]] int check(int descriptor) {
  if (watched == nullptr) return -1;
  const std::lock_guard lock(watched->mutex);
  const auto violations = poolhammer::watch::walk(watched->arenas);
  for (const pymalloc::Violation& violation : violations) say(descriptor, to_string(violation));
  return static_cast<int>(violations.size());
}

[[gnu::destructor]] void check_at_exit() {
  static_cast<void>(check(STDERR_FILENO));
}

}  // namespace

/// Looks at every pool of the heap and writes a line about each that is damaged to the file `descriptor`.
/// Returns how many are, or -1 in a process that is no python3.11. No other thread may use the heap
/// meanwhile: from Python, call it with the interpreter's lock held (ctypes.PyDLL).
extern "C" [[gnu::visibility("default")]] int poolhammer_check_cpython(int descriptor) {
  return check(descriptor);
}
