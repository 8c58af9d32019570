#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/subjects/call.hpp"
#include "worker/function_table.hpp"

namespace poolhammer::worker {

/// Who frees what a thread takes.
enum class FreedBy : std::uint8_t {
  itself,
  /// In turn: half of a thread's blocks and more by the first thread after its end, and as many of the first
  /// thread's by the other. Those who took them free the rest.
  another,
};

/// `threads` threads, one after the other, are born, take blocks of up to `size` bytes, touch and free them,
/// and end; before these one thread takes and frees as much as half of them. Says how the memory of the
/// process grew that is its own; nothing where it stopped growing, or the system does not tell. Bounded by
/// act_bounds.
[[nodiscard]] Growth generations(const FunctionTable& table, std::uint64_t threads, std::size_t size,
                                 FreedBy freed_by);

}  // namespace poolhammer::worker
