#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "allocator/placement.hpp"

namespace poolhammer {

/// What one step of a program does. The numbers are those of the binary form, version 2, and never change.
///
/// The functions of C, POSIX, GNU and C++ that allocate, resize, free or ask come first; the forms of
/// operator new and delete stand in the order of the C++ standard. What the client and its surroundings do
/// follows.
///
/// A step that has nothing to act on is passed over, so that every sequence of steps is a valid program: an
/// allocation into a slot that holds a block, a resize of a block of operator new. A block is freed by a
/// function that its origin permits: where the step names another, the plain one of the origin takes its
/// place.
enum class OperationKind : std::uint8_t {
  malloc = 0,         ///< slot <- malloc(size)
  calloc = 1,         ///< slot <- calloc(count, size)
  realloc = 2,        ///< slot <- realloc(slot, size); an empty slot is a null pointer
  reallocarray = 3,   ///< slot <- reallocarray(slot, count, size)
  aligned_alloc = 4,  ///< slot <- aligned_alloc(alignment, size), and so on
  posix_memalign = 5,
  memalign = 6,
  valloc = 7,
  pvalloc = 8,
  op_new = 9,
  op_new_array = 10,
  op_new_nothrow = 11,
  op_new_array_nothrow = 12,
  op_new_aligned = 13,
  op_new_array_aligned = 14,
  op_new_aligned_nothrow = 15,
  op_new_array_aligned_nothrow = 16,
  free = 17,        ///< free(slot), which becomes empty; an empty slot is a null pointer
  free_sized = 18,  ///< as free, with the size and the alignment that the block was asked for with
  free_aligned_sized = 19,
  op_delete = 20,
  op_delete_array = 21,
  op_delete_nothrow = 22,
  op_delete_array_nothrow = 23,
  op_delete_sized = 24,
  op_delete_array_sized = 25,
  op_delete_aligned = 26,
  op_delete_array_aligned = 27,
  op_delete_aligned_nothrow = 28,
  op_delete_array_aligned_nothrow = 29,
  op_delete_sized_aligned = 30,
  op_delete_array_sized_aligned = 31,
  malloc_usable_size = 32,
  fill = 33,         ///< the client writes every byte of the slot's block anew
  end_thread = 34,   ///< the step's thread ends; its next step is performed by a thread born then
  set_errno = 35,    ///< errno is `size` before the next call; it is 0 before any other
  check = 36,        ///< check point: every oracle looks at everything
  fail_arenas = 37,  ///< the arena source refuses its next `size` requests
  fail_raw = 38,     ///< the raw allocator refuses its next `size` requests
  place = 39,        ///< the arena source places new arenas by Placement number `size`
  domain = 40,       ///< blocks are of Domain number `size` from now on; those that live stay of theirs
  hook = 41,         ///< from now on the domain's allocator is wrapped by one that forwards (1), or bare (0)
  // What needs a process of its own; where the subject has none, these are passed over.
  fill_usable = 42,   ///< as fill, up to what malloc_usable_size says
  fork = 43,          ///< a child of the process performs the steps up to child_ends, then this one goes on
  child_ends = 44,    ///< the child ends
  limit_memory = 45,  ///< the process may map `size` bytes more than it has mapped; SIZE_MAX: no limit
  exhaust = 46,       ///< blocks of `size` bytes by the function `by`, until none is had or `count` are
  release = 47,       ///< frees all that exhaust took
  recycle = 48,      ///< `count` times a block of `size` bytes by `by`, which is freed; ends when none is had
  crowd = 49,        ///< `count` threads allocate, pass on and free `size` blocks each, all at once
  crowd_forks = 50,  ///< while `count` threads do, `size` children are forked, which do as well
  set_handler = 51,  ///< a new handler is installed, which takes itself away at its third call
  /// Calls `by` with the numbers, whatever the standards say, on the address `count` bytes behind where the
  /// slot's block lay last. Nothing is judged from here on.
  misuse = 52,
  measure_resident = 53,  ///< how many bytes of the process are in memory
  measure_gain = 54,      ///< whether the usable bytes behind those that were asked for are all 0
  // An allocator's own operation of the number `own`, see own_operation.hpp; passed over where it has none.
  own = 55,        ///< one that takes no slot's block and gives none
  own_block = 56,  ///< one that acts on the slot's block, or gives one
  // What needs a process of its own, too.
  /// `count` threads, one after the other, are born, take and free blocks of up to `size` bytes, and end.
  generations = 57,
  set_throwing_handler = 58,   ///< as set_handler; the handler throws exception number `size` then
  generations_hand_over = 59,  ///< as generations; they and the first thread free each other's blocks
  crowd_with_heirs =
      60,  ///< as crowd; threads follow each other, and go on in destructors beside their heirs
};

inline constexpr std::uint8_t operation_kinds = 61;
/// The kinds below this number are functions of the allocator.
inline constexpr std::size_t functions = static_cast<std::size_t>(OperationKind::malloc_usable_size) + 1;

/// Slots are numbered below this: 24 bits in the binary form.
inline constexpr std::uint32_t slot_limit = 1U << 24U;
/// Threads are numbered below this. Number 0 is the thread that the program begins with.
inline constexpr std::uint8_t thread_limit = 64;

/// From where a step makes its call. The numbers are those of the binary form, and never change.
///
/// A destructor is one of a thread's own data, which pthread_key_create() names. It is called when the others
/// were: the allocator's own has run. Its thread ends with it, and the thread's next step from elsewhere is
/// performed by another, born then. The first thread does not end: it has no destructors.
///
/// The handler is that of a signal which the step's thread raises itself, between two calls: then it may call
/// what it likes (POSIX.1-2024 XSH 2.4.3, ISO C17 7.14.1.1p5).
enum class Context : std::uint8_t {
  program = 0,          ///< from the program itself
  signal_handler = 1,   ///< from a signal handler, on the thread's own stack
  alternate_stack = 2,  ///< from a signal handler, on a stack that sigaltstack() named
  destructor = 3,       ///< from a destructor of the thread's own data
};
inline constexpr std::array<std::string_view, 4> context_words = {
    "", "signal handler", "signal handler on alternate stack", "destructor"};
inline constexpr auto contexts = static_cast<std::uint8_t>(context_words.size());

[[nodiscard]] constexpr bool of_signal(Context context) {
  return context == Context::signal_handler || context == Context::alternate_stack;
}
[[nodiscard]] constexpr bool is_function(OperationKind kind) {
  return static_cast<std::size_t>(kind) < functions;
}
/// Whether it gives a block where there was none (realloc and reallocarray do for a null pointer).
[[nodiscard]] constexpr bool allocates(OperationKind kind) {
  return kind <= OperationKind::op_new_array_aligned_nothrow;
}
/// Whether it is a function of C, POSIX or GNU: ISO C++20 [support.signal]p3 lets no signal handler call an
/// operator new or delete.
[[nodiscard]] constexpr bool is_of_c(OperationKind kind) {
  using enum OperationKind;
  return kind <= pvalloc || (kind >= free && kind <= free_aligned_sized) || kind == malloc_usable_size;
}
/// Whether it has threads born and ended, one after the other.
[[nodiscard]] constexpr bool has_generations(OperationKind kind) {
  return kind == OperationKind::generations || kind == OperationKind::generations_hand_over;
}
/// Whether it has threads at work at the same time.
[[nodiscard]] constexpr bool has_crowd(OperationKind kind) {
  return kind == OperationKind::crowd || kind == OperationKind::crowd_forks ||
         kind == OperationKind::crowd_with_heirs;
}
[[nodiscard]] constexpr bool resizes(OperationKind kind) {
  return kind == OperationKind::realloc || kind == OperationKind::reallocarray;
}
[[nodiscard]] constexpr bool frees(OperationKind kind) {
  return kind >= OperationKind::free && kind <= OperationKind::op_delete_array_sized_aligned;
}
/// Whether it takes a number of elements beside their size.
[[nodiscard]] constexpr bool takes_count(OperationKind kind) {
  return kind == OperationKind::calloc || kind == OperationKind::reallocarray;
}
/// Whether its blocks have an alignment that the call names.
[[nodiscard]] constexpr bool asks_alignment(OperationKind kind) {
  return (kind >= OperationKind::aligned_alloc && kind <= OperationKind::memalign) ||
         (kind >= OperationKind::op_new_aligned && kind <= OperationKind::op_new_array_aligned_nothrow);
}

/// One step of a trace. A slot names a block from the step that allocates it to the one that frees it.
/// Members that the kind does not use are 0: that makes equal steps equal.
struct Operation {
  OperationKind kind = OperationKind::check;
  std::uint32_t slot = 0;       ///< below slot_limit
  std::uint64_t count = 0;      ///< number of elements
  std::uint64_t size = 0;       ///< bytes, bytes an element, number of refusals, or number of a choice
  std::uint64_t alignment = 0;  ///< bytes
  std::uint8_t thread = 0;      ///< that performs it, below thread_limit
  OperationKind by = OperationKind::malloc;  ///< the function that an act of the client calls
  std::uint8_t own = 0;                      ///< number of the allocator's own operation
  Context context = Context::program;        ///< from where its call is made

  friend bool operator==(const Operation&, const Operation&) = default;

  [[nodiscard]] constexpr bool has_slot() const {
    using enum OperationKind;
    return kind <= fill || kind == fill_usable || kind == misuse || kind == measure_gain || kind == own_block;
  }
  [[nodiscard]] constexpr bool has_count() const {
    using enum OperationKind;
    return takes_count(kind) || has_by() || has_own() || has_crowd(kind) || has_generations(kind);
  }
  [[nodiscard]] constexpr bool has_alignment() const { return asks_alignment(kind) || has_by() || has_own(); }
  [[nodiscard]] constexpr bool has_size() const {
    using enum OperationKind;
    if (kind >= fail_arenas && kind <= hook) return true;
    return allocates(kind) || has_by() || has_own() || kind == set_errno || kind == limit_memory ||
           has_crowd(kind) || has_generations(kind) || kind == set_throwing_handler;
  }
  [[nodiscard]] constexpr bool has_thread() const {
    using enum OperationKind;
    return kind <= set_errno || kind == fill_usable || has_by();
  }
  /// Whether its call may come from elsewhere than the program.
  [[nodiscard]] constexpr bool has_context() const { return is_of_c(kind); }
  /// Whether it is an act of the client that calls a function of its own choice.
  [[nodiscard]] constexpr bool has_by() const {
    using enum OperationKind;
    return kind == exhaust || kind == recycle || kind == misuse;
  }
  /// Whether it is an operation of the allocator's own: its three numbers are count, size and alignment.
  [[nodiscard]] constexpr bool has_own() const {
    return kind == OperationKind::own || kind == OperationKind::own_block;
  }
  /// Bytes that a call which allocates or resizes asks for; nothing where the product does not fit 64 bits.
  [[nodiscard]] constexpr std::optional<std::uint64_t> bytes() const {
    std::uint64_t total = size;
    if (takes_count(kind) && __builtin_mul_overflow(count, size, &total)) return std::nullopt;
    return total;
  }
};

/// The step on another thread.
[[nodiscard]] constexpr Operation on_thread(std::uint8_t thread, Operation operation) {
  operation.thread = thread;
  return operation;
}

/// The step with its call made from elsewhere.
[[nodiscard]] constexpr Operation in_context(Context context, Operation operation) {
  operation.context = context;
  return operation;
}

/// The step with 0 in the members that its kind does not use, and with the rest inside its limits: thread,
/// context, function and choices are taken modulo their number, and the first thread has no destructors.
[[nodiscard]] Operation canonical(Operation operation);

/// Whether an act of the client may call the function: exhaust and recycle those that give a block for a size
/// (of calloc: one element), misuse every one.
[[nodiscard]] bool callable(OperationKind act, OperationKind by);

/// How the text form spells the kind: a function as a programmer writes it, such as "operator
/// new[](nothrow)".
[[nodiscard]] std::string_view word(OperationKind kind);

/// What the size of an operation chooses from, where it is a choice: 0 is the first word.
struct Choices {
  std::string_view meaning;  ///< "a placement"; empty where the size is a number
  std::string_view key;      ///< "placement", in JSON
  std::span<const std::string_view> words;
};

inline constexpr std::array<std::string_view, 3> domain_words = {"raw", "mem", "object"};
inline constexpr std::array<std::string_view, 2> hook_words = {"off", "on"};
/// std::bad_alloc itself, and a type derived from it: a new handler may throw no other (ISO C++20
/// [new.handler]p2).
inline constexpr std::array<std::string_view, 2> exception_words = {"bad_alloc", "derived"};

[[nodiscard]] constexpr Choices choices_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::place:
      return {"a placement", "placement", pymalloc::placement_words};
    case OperationKind::domain:
      return {"a domain", "domain", domain_words};
    case OperationKind::hook:
      return {"on or off", "hook", hook_words};
    case OperationKind::set_throwing_handler:
      return {"an exception", "exception", exception_words};
    default:
      return {};
  }
}

}  // namespace poolhammer
