#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace poolhammer::contract {

/// The functions of C, POSIX, C++ and GNU that allocate, resize, free or ask. The forms of operator new and
/// delete stand in the order of the C++ standard.
enum class Function : std::uint8_t {
  malloc,
  calloc,
  realloc,
  reallocarray,
  aligned_alloc,
  posix_memalign,
  memalign,
  valloc,
  pvalloc,
  op_new,
  op_new_array,
  op_new_nothrow,
  op_new_array_nothrow,
  op_new_aligned,
  op_new_array_aligned,
  op_new_aligned_nothrow,
  op_new_array_aligned_nothrow,
  free,
  free_sized,
  free_aligned_sized,
  op_delete,
  op_delete_array,
  op_delete_nothrow,
  op_delete_array_nothrow,
  op_delete_sized,
  op_delete_array_sized,
  op_delete_aligned,
  op_delete_array_aligned,
  op_delete_aligned_nothrow,
  op_delete_array_aligned_nothrow,
  op_delete_sized_aligned,
  op_delete_array_sized_aligned,
  malloc_usable_size,
};
inline constexpr std::size_t functions = static_cast<std::size_t>(Function::malloc_usable_size) + 1;

/// What a function takes, in this order.
enum class Parameters : std::uint8_t {
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
  Parameters parameters;
  Family family;        ///< blocks of operator new go to operator delete, those of new[] to delete[]
  bool throws = false;  ///< failure is std::bad_alloc, not NULL
};

[[nodiscard]] const FunctionFacts& facts(Function function);
[[nodiscard]] std::optional<Function> function_named(std::string_view name);

/// Whether it gives a block where there was none (realloc and reallocarray do for a null pointer).
[[nodiscard]] constexpr bool allocates(Function function) {
  return function <= Function::op_new_array_aligned_nothrow;
}
[[nodiscard]] constexpr bool resizes(Function function) {
  return function == Function::realloc || function == Function::reallocarray;
}
[[nodiscard]] constexpr bool frees(Function function) {
  return function >= Function::free && function <= Function::op_delete_array_sized_aligned;
}
[[nodiscard]] bool takes_alignment(Function function);
[[nodiscard]] bool takes_count(Function function);

/// The plainest function that may free a block from `allocator`.
[[nodiscard]] Function plain_free(Function allocator);

/// Every function, in the order of the enumeration.
[[nodiscard]] std::array<Function, functions> all_functions();

}  // namespace poolhammer::contract
