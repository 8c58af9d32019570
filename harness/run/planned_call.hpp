#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "harness/oracles/pattern.hpp"
#include "harness/subjects/call.hpp"
#include "harness/subjects/owned_block.hpp"
#include "harness/trace/function.hpp"
#include "harness/trace/machine.hpp"

namespace poolhammer {

// What a step of a program comes to on an allocator. This is the one place that keeps a program inside the
// rules of the standards, whichever of its steps are left out and whichever functions the allocator lacks.

struct PlannedCall {
  FunctionCall call;
  std::size_t total = 0;  ///< bytes that the call asks for; SIZE_MAX where the product overflows
  bool calls = true;      ///< false: the block is dropped, as the allocator has no function that may free it
};

/// The block that the call gave at such an address. Precondition: the call allocates or resizes.
[[nodiscard]] inline OwnedBlock block_given(const PlannedCall& plan, void* address) {
  const OperationKind function = plan.call.function;
  return {static_cast<std::byte*>(address), plan.total, asks_alignment(function) ? plan.call.alignment : 1,
          function};
}

/// The call as a library is asked: what a resize of a block to 0 bytes does is the implementation's choice,
/// so 1 byte is asked for.
[[nodiscard]] inline FunctionCall without_empty_resize(const PlannedCall& plan) {
  FunctionCall call = plan.call;
  if (!resizes(call.function) || plan.total != 0 || call.block == nullptr) return call;
  call.size = 1;
  if (takes_count(call.function)) call.count = 1;
  return call;
}

/// What live blocks may take together, and what they take.
struct MemoryBudget {
  std::uint64_t limit = 0;
  std::uint64_t live_bytes = 0;
  /// A block counts by what its owner touches: the system has no memory for pages that nobody writes to.
  bool touched_only = false;
  /// Blocks of so many bytes or more are addresses that the allocator reserves, and no memory until their
  /// owner writes to them, which happens in samples.
  std::uint64_t reserved_from = std::numeric_limits<std::uint64_t>::max();

  /// Whether a request is not made, so that a program cannot exhaust the machine's memory. `moved`: bytes of
  /// an old block that an allocator may copy. Sizes over PTRDIFF_MAX, which nobody may grant, are always
  /// made.
  [[nodiscard]] constexpr bool forbids(OperationKind function, std::size_t size, std::size_t moved) const {
    constexpr std::size_t largest_object = std::numeric_limits<std::ptrdiff_t>::max();
    // Where an old block is to be copied whole, it counts.
    if (size >= reserved_from) return moved < reserved_from && moved > limit;
    // An allocator may write all zeros itself.
    const bool touched_whole = !touched_only || function == OperationKind::calloc;
    const std::size_t taken = touched_whole ? size : std::max(touched_bytes(size), std::min(moved, size));
    return size <= largest_object && taken > limit - std::min(limit, live_bytes);
  }
};

namespace detail {

/// The function that performs the step's part: it, or a plainer one where the allocator lacks it.
template <class Has>
[[nodiscard]] OperationKind function_for(OperationKind kind, const Has& has) {
  const bool usable = has(kind) && (!allocates(kind) || has(plain_free(kind)));
  if (usable) return kind;
  if (resizes(kind)) return OperationKind::realloc;
  return allocates(kind) ? OperationKind::malloc : OperationKind::free;
}

/// Whether the standards say what the function does with such an alignment. ISO C17 7.22.3.1 and POSIX have
/// theirs refused; ISO C++20 [new.delete.single] demands a power of two; of memalign the manuals differ.
[[nodiscard]] constexpr bool alignment_defined(const Operation& operation, OperationKind function) {
  if (!asks_alignment(function) || std::has_single_bit(operation.alignment)) return true;
  return function == OperationKind::posix_memalign || function == OperationKind::aligned_alloc;
}

template <class Has>
[[nodiscard]] std::optional<PlannedCall> planned_request(const Operation& operation, const OwnedBlock& held,
                                                         const MemoryBudget& budget, const Has& has) {
  const bool resize = resizes(operation.kind);
  const OperationKind function = function_for(operation.kind, has);
  const auto asked = request_on_machine(operation);
  if (!asked) return std::nullopt;
  PlannedCall plan;
  plan.total = bytes_on_machine(*asked);
  if (budget.forbids(function, plan.total, resize && held.address != nullptr ? held.size : 0) ||
      !alignment_defined(*asked, function) || !has(function))
    return std::nullopt;
  if (!resize && held.address != nullptr) return std::nullopt;
  // Only functions of C resize, and only blocks of theirs.
  if (resize && held.address != nullptr && facts(held.origin).family != Family::c) return std::nullopt;
  plan.call.function = function;
  plan.call.block = resize ? held.address : nullptr;
  plan.call.count = takes_count(function) ? static_cast<std::size_t>(asked->count) : 0;
  plan.call.size = takes_count(function) ? static_cast<std::size_t>(asked->size) : plan.total;
  plan.call.alignment = asks_alignment(function) ? static_cast<std::size_t>(asked->alignment) : 0;
  return plan;
}

template <class Has>
[[nodiscard]] std::optional<PlannedCall> planned_free(const Operation& operation, const OwnedBlock& held,
                                                      const Has& has) {
  PlannedCall plan;
  OperationKind function = function_for(operation.kind, has);
  if (held.address != nullptr && !may_free(function, held.origin)) function = plain_free(held.origin);
  // Of a resize to 0 bytes nobody knows what was asked for: see without_empty_resize(). A form that takes
  // the size would get a wrong one.
  if (held.address != nullptr && held.size == 0 && resizes(held.origin)) function = plain_free(held.origin);
  if (!has(function)) {
    if (held.address == nullptr) return std::nullopt;
    plan.calls = false;
  }
  plan.call.function = function;
  plan.call.block = held.address;
  plan.call.size = held.address == nullptr ? 0 : held.size;
  plan.call.alignment =
      held.address == nullptr ? alignof(std::max_align_t) : alignment_to_free(held.origin, held.alignment);
  return plan;
}

}  // namespace detail

/// The call that the step makes, or nothing where it is passed over. `has` tells which functions the
/// allocator has: malloc, calloc, realloc and free at least. Precondition: the step's kind is a function.
template <class Has>
[[nodiscard]] std::optional<PlannedCall> planned_call(const Operation& operation, const OwnedBlock& held,
                                                      const MemoryBudget& budget, const Has& has) {
  if (allocates(operation.kind)) return detail::planned_request(operation, held, budget, has);
  if (frees(operation.kind)) return detail::planned_free(operation, held, has);
  // malloc_usable_size is of blocks of malloc and its kin alone, or of a null pointer.
  if (!has(operation.kind) || facts(held.origin).family != Family::c) return std::nullopt;
  return PlannedCall{.call = {.function = operation.kind, .block = held.address}};
}

}  // namespace poolhammer
