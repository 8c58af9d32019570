#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/trace/operation.hpp"

namespace poolhammer {

/// A call of a function of an allocator. Members that the function does not take are 0.
struct FunctionCall {
  OperationKind function = OperationKind::malloc;  ///< below `functions`
  void* block = nullptr;                           ///< that is resized, freed or asked about
  std::size_t count = 0;                           ///< elements
  std::size_t size = 0;  ///< bytes, or bytes an element; of a block that is freed, what it was asked for with
  std::size_t alignment = 0;  ///< bytes; of a block that is freed, as for the size
  int error = 0;              ///< errno before the call
};

/// What a call gave back, as its caller sees it.
struct Answer {
  void* block = nullptr;
  std::uint64_t value = 0;  ///< of malloc_usable_size
  int error = 0;            ///< errno after it
  int status = 0;           ///< of posix_memalign
  bool threw = false;       ///< std::bad_alloc
  bool result_kept = true;  ///< posix_memalign left its result as it was, or made it NULL
  bool handled = false;     ///< the new handler was called
};

/// What became of an act of the client that needs a process of its own.
struct ActAnswer {
  bool called = false;      ///< it made a call
  FunctionCall call;        ///< the last that it made
  Answer answer;            ///< of that call
  std::uint64_t count = 0;  ///< blocks that were given before it; or what was measured
  bool damaged = false;     ///< a block did not hold what was written into it, or a child did not end well
};

}  // namespace poolhammer
