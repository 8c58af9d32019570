#pragma once

#include <string>
#include <string_view>

#include "harness/process/child_process.hpp"
#include "harness/process/shared_memory.hpp"

namespace poolhammer {

/// The library whose allocator a worker runs on.
struct Library {
  std::string name;  ///< as the user spells it
  std::string path;  ///< what the dynamic loader loads before all else; empty: the C library alone
};

/// The descriptor on which a worker finds the shared memory.
inline constexpr int worker_descriptor = 3;
/// What it is started with: by itself it touches nothing.
inline constexpr std::string_view worker_word = "serve";

/// What starts a process of its own for the allocator of a library, whose crash, hang, abort or hunger for
/// memory ends it and nothing else: the program `poolhammer-worker` (beside this program, or where
/// POOLHAMMER_WORKER says) with the argument worker_word. It is built without a sanitizer, finds `memory` on
/// descriptor worker_descriptor, and gets the same addresses each time, as far as the system and the library
/// allow. Throws std::runtime_error, which says what is missing.
[[nodiscard]] ProcessCommand worker_program(const Library& library, const SharedMemory& memory);

}  // namespace poolhammer
