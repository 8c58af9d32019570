// Preloaded into a python3.11, learns its arenas before the interpreter starts, and looks at every pool when
// the process ends, when it is asked to, or every so many operations.
#include <dlfcn.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allocator/domains/domain.hpp"
#include "allocator/layout.hpp"
#include "interpose/environment.hpp"
#include "watch/hooks.hpp"
#include "watch/walk.hpp"

namespace {

using poolhammer::interpose::variable;
using poolhammer::interpose::whole_number;
using poolhammer::watch::Arenas;
using poolhammer::watch::Hooks;
using pymalloc::AllocatorFunctions;
using pymalloc::Domain;
using pymalloc::Violation;

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
  std::optional<Hooks> hooks;  ///< where POOLHAMMER_WATCH_EVERY or POOLHAMMER_WATCH_GUARD asks for them
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

[[nodiscard]] std::vector<Violation> violations() {
  std::vector<Violation> found;
  {
    const std::lock_guard lock(watched->mutex);
    found = poolhammer::watch::walk(watched->arenas);
  }
  // A block that was written past may lie in a pool that is damaged, too: the pools come first.
  if (watched->hooks) {
    for (Violation& violation : watched->hooks->check_guards()) found.push_back(std::move(violation));
  }
  return found;
}

[[noreturn]] void die_of(const std::string& when, const std::vector<Violation>& found) {
  for (const Violation& violation : found) say(STDERR_FILENO, when + ": " + to_string(violation));
  std::abort();
}

/// The environment's choice; nothing where it asks for no hooks.
[[nodiscard]] std::optional<Hooks::Options> options() {
  constexpr std::uint64_t usual = 10000;
  const std::optional<std::string_view> every = variable("POOLHAMMER_WATCH_EVERY");
  Hooks::Options options{.every = usual, .guard = variable("POOLHAMMER_WATCH_GUARD") == "1"};
  if (!every) return options.guard ? std::optional(options) : std::nullopt;
  const std::optional<std::uint64_t> number = whole_number(*every);
  if (!number || *number == 0) {
    say(STDERR_FILENO,
        "POOLHAMMER_WATCH_EVERY: expected a number of operations, found '" + std::string(*every) + "'");
    std::_Exit(2);
  }
  options.every = *number;
  return options;
}

/// Puts our functions before the interpreter's own, before it has asked them for a block.
void hook(Hooks::Options chosen) {
  const auto get = find<void (*)(int, AllocatorFunctions*)>("PyMem_GetAllocator");
  const auto set = find<void (*)(int, const AllocatorFunctions*)>("PyMem_SetAllocator");
  if (get == nullptr || set == nullptr) return;
  const auto checked = [](auto check) {
    return [check](const void* block) {
      const std::lock_guard lock(watched->mutex);
      return check(watched->arenas, block);
    };
  };
  watched->hooks.emplace(
      chosen,
      Hooks::Owner{
          .check_given = checked(&poolhammer::watch::check_given),
          .check_taken = checked(&poolhammer::watch::check_taken),
          .check_heap = &violations,
          .where = [](const void* address) { return poolhammer::watch::locate(watched->arenas, address); },
          .complain = &die_of});
  for (const int domain : {static_cast<int>(Domain::mem), static_cast<int>(Domain::object)}) {
    AllocatorFunctions functions;
    get(domain, &functions);
    functions = watched->hooks->before(functions);
    set(domain, &functions);
  }
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
  if (const auto chosen = options()) hook(*chosen);
}

[[nodiscard]] int check(int descriptor) {
  if (watched == nullptr) return -1;
  const std::vector<Violation> found = violations();
  for (const Violation& violation : found) say(descriptor, to_string(violation));
  return static_cast<int>(found.size());
}

[[gnu::destructor]] void check_at_exit() {
  if (watched == nullptr) return;
  static_cast<void>(check(STDERR_FILENO));
  if (watched->hooks && watched->hooks->operations() == 0) {
    say(STDERR_FILENO,
        "no operation was seen: PYTHONMALLOC or -X dev put other functions in the place of ours");
  }
}

}  // namespace

/// Looks at every pool of the heap and writes a line about each that is damaged to the file `descriptor`.
/// Returns how many are, or -1 in a process that is no python3.11. No other thread may use the heap
/// meanwhile: from Python, call it with the interpreter's lock held (ctypes.PyDLL).
extern "C" [[gnu::visibility("default")]] int poolhammer_check_cpython(int descriptor) {
  return check(descriptor);
}
