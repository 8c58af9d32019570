#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/trace/operation.hpp"

namespace poolhammer {

/// A function of the allocator: an OperationKind below `functions`.
using Function = OperationKind;

/// What a function takes, in this order.
enum class Signature : std::uint8_t {
  size,
  count_size,
  alignment_size,
  out_alignment_size,  ///< posix_memalign
  size_alignment,      ///< operator new
  block,
  block_size,
  block_count_size,
  block_alignment,
  block_alignment_size,  ///< free_aligned_sized
  block_size_alignment,  ///< operator delete
};

/// Which function may free a block, and where a standard says so.
enum class Family : std::uint8_t { c, object, array };

struct FunctionFacts {
  Function function;
  std::string_view name;  ///< as a programmer writes it
  const char* symbol;     ///< as the linker knows it, on a 64-bit machine
  Signature signature;
  Family family;        ///< blocks of operator new go to operator delete, those of new[] to delete[]
  bool throws = false;  ///< failure is std::bad_alloc, not NULL
};

namespace detail {
using enum OperationKind;
using P = Signature;
inline constexpr std::array<FunctionFacts, functions> function_table = {{
    {malloc, "malloc", "malloc", P::size, Family::c},
    {calloc, "calloc", "calloc", P::count_size, Family::c},
    {realloc, "realloc", "realloc", P::block_size, Family::c},
    {reallocarray, "reallocarray", "reallocarray", P::block_count_size, Family::c},
    {aligned_alloc, "aligned_alloc", "aligned_alloc", P::alignment_size, Family::c},
    {posix_memalign, "posix_memalign", "posix_memalign", P::out_alignment_size, Family::c},
    {memalign, "memalign", "memalign", P::alignment_size, Family::c},
    {valloc, "valloc", "valloc", P::size, Family::c},
    {pvalloc, "pvalloc", "pvalloc", P::size, Family::c},
    {op_new, "operator new", "_Znwm", P::size, Family::object, true},
    {op_new_array, "operator new[]", "_Znam", P::size, Family::array, true},
    {op_new_nothrow, "operator new(nothrow)", "_ZnwmRKSt9nothrow_t", P::size, Family::object},
    {op_new_array_nothrow, "operator new[](nothrow)", "_ZnamRKSt9nothrow_t", P::size, Family::array},
    {op_new_aligned, "operator new(align_val_t)", "_ZnwmSt11align_val_t", P::size_alignment, Family::object,
     true},
    {op_new_array_aligned, "operator new[](align_val_t)", "_ZnamSt11align_val_t", P::size_alignment,
     Family::array, true},
    {op_new_aligned_nothrow, "operator new(align_val_t, nothrow)", "_ZnwmSt11align_val_tRKSt9nothrow_t",
     P::size_alignment, Family::object},
    {op_new_array_aligned_nothrow, "operator new[](align_val_t, nothrow)",
     "_ZnamSt11align_val_tRKSt9nothrow_t", P::size_alignment, Family::array},
    {free, "free", "free", P::block, Family::c},
    {free_sized, "free_sized", "free_sized", P::block_size, Family::c},
    {free_aligned_sized, "free_aligned_sized", "free_aligned_sized", P::block_alignment_size, Family::c},
    {op_delete, "operator delete", "_ZdlPv", P::block, Family::object},
    {op_delete_array, "operator delete[]", "_ZdaPv", P::block, Family::array},
    {op_delete_nothrow, "operator delete(nothrow)", "_ZdlPvRKSt9nothrow_t", P::block, Family::object},
    {op_delete_array_nothrow, "operator delete[](nothrow)", "_ZdaPvRKSt9nothrow_t", P::block, Family::array},
    {op_delete_sized, "operator delete(size)", "_ZdlPvm", P::block_size, Family::object},
    {op_delete_array_sized, "operator delete[](size)", "_ZdaPvm", P::block_size, Family::array},
    {op_delete_aligned, "operator delete(align_val_t)", "_ZdlPvSt11align_val_t", P::block_alignment,
     Family::object},
    {op_delete_array_aligned, "operator delete[](align_val_t)", "_ZdaPvSt11align_val_t", P::block_alignment,
     Family::array},
    {op_delete_aligned_nothrow, "operator delete(align_val_t, nothrow)",
     "_ZdlPvSt11align_val_tRKSt9nothrow_t", P::block_alignment, Family::object},
    {op_delete_array_aligned_nothrow, "operator delete[](align_val_t, nothrow)",
     "_ZdaPvSt11align_val_tRKSt9nothrow_t", P::block_alignment, Family::array},
    {op_delete_sized_aligned, "operator delete(size, align_val_t)", "_ZdlPvmSt11align_val_t",
     P::block_size_alignment, Family::object},
    {op_delete_array_sized_aligned, "operator delete[](size, align_val_t)", "_ZdaPvmSt11align_val_t",
     P::block_size_alignment, Family::array},
    {malloc_usable_size, "malloc_usable_size", "malloc_usable_size", P::block, Family::c},
}};

}  // namespace detail

[[nodiscard]] constexpr const FunctionFacts& facts(Function function) {
  return detail::function_table[static_cast<std::size_t>(function)];
}
static_assert([] {
  for (std::size_t index = 0; index < functions; ++index) {
    if (static_cast<std::size_t>(detail::function_table[index].function) != index) return false;
  }
  return true;
}());

[[nodiscard]] constexpr std::optional<Function> function_named(std::string_view name) {
  for (const FunctionFacts& row : detail::function_table) {
    if (row.name == name) return row.function;
  }
  return std::nullopt;
}

/// Whether a call names an alignment, of a new block or of one that it frees.
[[nodiscard]] constexpr bool takes_alignment(Function function) {
  switch (facts(function).signature) {
    case Signature::alignment_size:
    case Signature::out_alignment_size:
    case Signature::size_alignment:
    case Signature::block_alignment:
    case Signature::block_alignment_size:
    case Signature::block_size_alignment:
      return true;
    default:
      return false;
  }
}

/// The plainest function that may free a block from `allocator`.
[[nodiscard]] constexpr Function plain_free(Function allocator) {
  const bool aligned = takes_alignment(allocator);
  switch (facts(allocator).family) {
    case Family::c:
      return Function::free;
    case Family::object:
      return aligned ? Function::op_delete_aligned : Function::op_delete;
    case Family::array:
      return aligned ? Function::op_delete_array_aligned : Function::op_delete_array;
  }
  return Function::free;
}

/// Whether the standards let `freeing` free a block from `allocator`. ISO C23 7.24.3.4 and 7.24.3.5 for the
/// sized forms of free; ISO C++20 [expr.delete] for those of operator delete.
[[nodiscard]] constexpr bool may_free(Function freeing, Function allocator) {
  using enum OperationKind;
  if (!frees(freeing) || facts(freeing).family != facts(allocator).family) return false;
  if (freeing == free_sized) return allocator == malloc || allocator == calloc || allocator == realloc;
  if (freeing == free_aligned_sized) return allocator == aligned_alloc;
  // A block of an aligned operator new goes to an aligned operator delete, and no other does.
  return freeing == free || takes_alignment(freeing) == asks_alignment(allocator);
}

/// Every function, in the order of the enumeration.
[[nodiscard]] constexpr std::array<Function, functions> all_functions() {
  std::array<Function, functions> all{};
  for (std::size_t index = 0; index < functions; ++index) all[index] = static_cast<Function>(index);
  return all;
}

}  // namespace poolhammer
