#pragma once

#include <cstddef>

#include "harness/trace/function.hpp"

namespace poolhammer {

/// What whoever asked for a block must know to ask for more of it, or to give it back.
struct OwnedBlock {
  std::byte* address = nullptr;                  ///< null: no block
  std::size_t size = 0;                          ///< bytes asked for
  std::size_t alignment = 1;                     ///< asked for, in bytes; 1: none was
  OperationKind origin = OperationKind::malloc;  ///< the function that gave it
};

}  // namespace poolhammer
