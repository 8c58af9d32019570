#include "harness/contract/function.hpp"

#include <algorithm>

namespace poolhammer::contract {
namespace {

using enum Function;
using P = Parameters;

constexpr std::array<FunctionFacts, functions> table = {{
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

constexpr bool in_order() {
  for (std::size_t index = 0; index < functions; ++index) {
    if (static_cast<std::size_t>(table[index].function) != index) return false;
  }
  return true;
}
static_assert(in_order());

}  // namespace

const FunctionFacts& facts(Function function) {
  return table[static_cast<std::size_t>(function)];
}

std::optional<Function> function_named(std::string_view name) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [name](const FunctionFacts& row) { return row.name == name; });
  return found == table.end() ? std::nullopt : std::optional(found->function);
}

bool takes_alignment(Function function) {
  switch (facts(function).parameters) {
    case P::alignment_size:
    case P::out_alignment_size:
    case P::size_alignment:
    case P::block_alignment:
    case P::block_alignment_size:
    case P::block_size_alignment:
      return true;
    default:
      return false;
  }
}

bool takes_count(Function function) {
  return facts(function).parameters == P::count_size || facts(function).parameters == P::block_count_size;
}

Function plain_free(Function allocator) {
  switch (facts(allocator).family) {
    case Family::c:
      return free;
    case Family::object:
      return takes_alignment(allocator) ? op_delete_aligned : op_delete;
    case Family::array:
      return takes_alignment(allocator) ? op_delete_array_aligned : op_delete_array;
  }
  return free;
}

std::array<Function, functions> all_functions() {
  std::array<Function, functions> all{};
  for (std::size_t index = 0; index < functions; ++index) all[index] = static_cast<Function>(index);
  return all;
}

}  // namespace poolhammer::contract
