#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include "harness/oracles/call_clauses.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer::contract {

/// Whether a request was refused that the standards let be refused for want of memory alone.
[[nodiscard]] inline bool refused_for_memory(const ObservedCall& seen) {
  // What is the largest alignment is the implementation's choice, as is what is done with 0 bytes: one over a
  // page counts as supported where it was given before.
  constexpr std::size_t page = 4096;
  const FunctionCall& call = seen.call;
  if (!seen.refused() || seen.total == 0) return false;
  if (!asks_alignment(call.function)) return true;
  if (!std::has_single_bit(call.alignment) || call.alignment > std::max(page, seen.around.aligned))
    return false;
  if (call.function == Function::posix_memalign) return call.alignment >= sizeof(void*);
  return call.function != Function::aligned_alloc || call.size % call.alignment == 0;
}

}  // namespace poolhammer::contract
