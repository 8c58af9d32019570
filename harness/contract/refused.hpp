#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include "harness/oracles/call_clauses.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer::contract {

/// Whether the allocator is known to give blocks of the call's alignment. What is the largest is the
/// implementation's choice: one over a page counts as supported where it was given before.
[[nodiscard]] inline bool supports_alignment(const ObservedCall& seen) {
  constexpr std::size_t page = 4096;
  return seen.call.alignment <= std::max(page, seen.around.aligned);
}

/// Whether a request was refused that the standards let be refused for want of memory alone.
[[nodiscard]] inline bool refused_for_memory(const ObservedCall& seen) {
  // What is done with 0 bytes is the implementation's choice.
  const FunctionCall& call = seen.call;
  if (!seen.refused() || seen.total == 0) return false;
  if (!asks_alignment(call.function)) return true;
  if (!std::has_single_bit(call.alignment) || !supports_alignment(seen)) return false;
  if (call.function == Function::posix_memalign) return call.alignment >= sizeof(void*);
  return call.function != Function::aligned_alloc || call.size % call.alignment == 0;
}

}  // namespace poolhammer::contract
