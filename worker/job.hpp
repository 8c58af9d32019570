#pragma once

#include <cstddef>
#include <span>

namespace poolhammer::worker {

/// Performs the programs that the tool writes into the shared memory, one turn each, until it ends this
/// process.
[[nodiscard]] int serve(std::span<std::byte> memory);

}  // namespace poolhammer::worker
