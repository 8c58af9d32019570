#pragma once

#include <cstddef>

#include "harness/subjects/static_memory.hpp"

namespace poolhammer {

/// The functions of CPython's hook for arenas, and of that for a domain: `context` is handed to each.
struct ArenaHooks {
  void* context;
  void* (*allocate)(void* context, std::size_t size);
  void (*release)(void* context, void* arena, std::size_t size);
};
struct RawHooks {
  void* context;
  void* (*malloc)(void* context, std::size_t size);
  void* (*calloc)(void* context, std::size_t count, std::size_t size);
  void* (*realloc)(void* context, void* block, std::size_t size);
  void (*free)(void* context, void* block);
};

/// CPython's object allocator, as the shared library of 3.11 carries it. It answers without an interpreter.
/// Its state is static data of the library, so there is one in a process.
class Libpython {
 public:
  /// Loads the library. Throws std::runtime_error, with one line that names the Debian package, where it is
  /// missing or not of 3.11.
  Libpython();

  void* (*malloc)(std::size_t size) = nullptr;
  void* (*calloc)(std::size_t count, std::size_t size) = nullptr;
  void* (*realloc)(void* block, std::size_t size) = nullptr;
  void (*free)(void* block) = nullptr;

  void (*get_arena_hooks)(ArenaHooks* hooks) = nullptr;
  void (*set_arena_hooks)(ArenaHooks* hooks) = nullptr;
  void (*get_raw_hooks)(int domain, RawHooks* hooks) = nullptr;
  void (*set_raw_hooks)(int domain, RawHooks* hooks) = nullptr;
  /// The number of the raw domain.
  static constexpr int raw_domain = 0;

  /// The memory that holds the library's variables.
  [[nodiscard]] const Variables& variables() const { return variables_; }

 private:
  Variables variables_;
};

}  // namespace poolhammer
