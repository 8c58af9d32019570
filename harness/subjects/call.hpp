#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "harness/trace/function.hpp"
#include "harness/trace/machine.hpp"

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

/// The call of the function that an act of the client names, for one element. A number that the machine does
/// not have becomes its largest.
[[nodiscard]] constexpr FunctionCall call_of(const Operation& act, void* block = nullptr) {
  return {.function = act.by,
          .block = block,
          .count = takes_count(act.by) ? std::size_t{1} : 0,
          .size = static_cast<std::size_t>(number_on_machine(act.size).value_or(largest_size)),
          .alignment = static_cast<std::size_t>(number_on_machine(act.alignment).value_or(largest_size))};
}

/// The alignment that a form of operator delete which takes one must be told of a block: the very one that it
/// was asked for with, however small (ISO C++20 [new.delete.single]).
[[nodiscard]] constexpr std::size_t alignment_to_free(OperationKind origin, std::size_t asked) {
  return asks_alignment(origin) ? asked : alignof(std::max_align_t);
}

/// The call that frees what another gave, `block`, in the plainest way.
[[nodiscard]] constexpr FunctionCall freeing_of(const FunctionCall& given, void* block = nullptr) {
  return {.function = plain_free(given.function),
          .block = block,
          .size = given.size,
          .alignment = alignment_to_free(given.function, given.alignment)};
}

/// Whether the call takes a block of its caller's, to resize, free or ask about it.
[[nodiscard]] constexpr bool takes_block(OperationKind function) {
  return !allocates(function) || resizes(function);
}

/// What the call itself promises of its block's address: 1 where it promises nothing, as for a number that is
/// no power of two.
[[nodiscard]] constexpr std::size_t promised_alignment(const FunctionCall& call) {
  constexpr std::size_t page = 4096;
  if (call.function == OperationKind::valloc || call.function == OperationKind::pvalloc) return page;
  return asks_alignment(call.function) && std::has_single_bit(call.alignment) ? call.alignment : 1;
}

/// What a block of the call is owed by its size alone, where one of malloc is owed `by_size`. ISO
/// C17 7.22.3p1 speaks of the functions of C; POSIX.1-2024 posix_memalign, memalign(3) and the forms of
/// operator new that take an alignment promise that one and no more; plain operator new serves an object
/// of just that size, and operator new[] objects up to it (ISO C++20 [basic.stc.dynamic.allocation]p3).
[[nodiscard]] constexpr std::size_t owed_by_size(const FunctionCall& call, std::size_t size,
                                                 std::size_t by_size) {
  using enum OperationKind;
  const Family family = facts(call.function).family;
  if (call.function == posix_memalign || call.function == memalign || call.function == valloc ||
      call.function == pvalloc)
    return 1;
  if (family == Family::c) return by_size;
  if (asks_alignment(call.function)) return 1;
  // The alignment of a type divides its size.
  return family == Family::object ? std::min(by_size, std::max<std::size_t>(size & (~size + 1), 1)) : by_size;
}

/// No object has so many bytes: no process of a 64-bit machine has so many addresses, and on a machine of 32
/// bits they are more than PTRDIFF_MAX.
inline constexpr std::uint64_t address_space = std::min(std::uint64_t{1} << 48U, largest_size / 2 + 1);

/// What came out of an operator new instead of a block.
enum class Thrown : std::uint8_t {
  nothing,
  bad_alloc,  ///< std::bad_alloc itself
  derived,    ///< the exception of a type derived from it that the new handler threw
  other,
};

/// How the memory of a process grew by threads that were born, took and freed blocks, and ended: bytes.
struct Growth {
  std::uint64_t least = 0;  ///< in each of the last sixteenths of the threads, at least
  std::uint64_t most = 0;   ///< and at most
  std::uint64_t alone = 0;  ///< before these, as one thread took and freed as many as half of them do
};

/// So often a new handler is called before it takes itself away: operator new calls it as long as there is
/// one (ISO C++20 [new.delete.single]p4). One that throws takes itself away at once.
inline constexpr unsigned handler_calls = 3;

/// What a call gave back, as its caller sees it.
struct Answer {
  void* block = nullptr;
  std::uint64_t value = 0;  ///< of malloc_usable_size
  int error = 0;            ///< errno after it
  int status = 0;           ///< of posix_memalign
  bool threw = false;       ///< an exception
  bool result_kept = true;  ///< posix_memalign left its result as it was, or made it NULL
  unsigned handled = 0;     ///< how often the new handler was called since it was installed
  Thrown thrown = Thrown::nothing;
};

/// What became of an act of the client that needs a process of its own.
struct ActAnswer {
  bool called = false;      ///< it made a call
  FunctionCall call;        ///< the last that it made
  Answer answer;            ///< of that call
  std::uint64_t count = 0;  ///< blocks that were given before it; or what was measured
  bool damaged = false;     ///< a block did not hold what was written into it, or a child did not end well
  bool nonzero = false;     ///< a block of calloc was not zero
  Growth growth;            ///< of the generations of threads
};

}  // namespace poolhammer
