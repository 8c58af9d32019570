#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "allocator/placement.hpp"

namespace poolhammer {

/// What one step of a trace does. The numbers are those of the binary form and never change.
enum class OperationKind : std::uint8_t {
  malloc = 0,       ///< slot <- malloc(size); skipped while the slot holds a block
  calloc = 1,       ///< slot <- calloc(count, size); skipped while the slot holds a block
  realloc = 2,      ///< slot <- realloc(slot, size); an empty slot is a null pointer
  free = 3,         ///< free(slot), which becomes empty; an empty slot is a null pointer
  check = 4,        ///< check point: every oracle looks at everything
  fail_arenas = 5,  ///< the arena source refuses its next `size` requests
  fail_raw = 6,     ///< the raw allocator refuses its next `size` requests
  place = 7,        ///< the arena source places new arenas by Placement number `size`
  domain = 8,       ///< blocks are of Domain number `size` from now on; those that live stay of theirs
  hook = 9,         ///< from now on the domain's allocator is wrapped by one that forwards (1), or bare (0)
};

inline constexpr std::uint8_t operation_kinds = 10;

/// The words of the text form, indexed by OperationKind.
inline constexpr std::array<std::string_view, operation_kinds> operation_words = {
    "malloc", "calloc", "realloc", "free", "check", "fail-arenas", "fail-raw", "place", "domain", "hook"};

/// Slots are numbered below this: 24 bits in the binary form.
inline constexpr std::uint32_t slot_limit = 1U << 24U;

/// One step of a trace. A slot names a block from the step that allocates it to the one that frees it.
/// Members that the kind does not use are 0: that makes equal steps equal.
struct Operation {
  OperationKind kind = OperationKind::check;
  std::uint32_t slot = 0;   ///< below slot_limit; malloc, calloc, realloc, free
  std::uint32_t count = 0;  ///< number of elements; calloc only
  std::uint64_t size = 0;   ///< bytes, bytes an element (calloc), number of refusals, or number of a choice

  friend bool operator==(const Operation&, const Operation&) = default;

  [[nodiscard]] constexpr bool has_slot() const { return kind <= OperationKind::free; }
  [[nodiscard]] constexpr bool has_count() const { return kind == OperationKind::calloc; }
  [[nodiscard]] constexpr bool has_size() const {
    return kind != OperationKind::free && kind != OperationKind::check;
  }
};

[[nodiscard]] constexpr std::string_view word(OperationKind kind) {
  return operation_words[static_cast<std::size_t>(kind)];
}

/// What the size of an operation chooses from, where it is a choice: 0 is the first word.
struct Choices {
  std::string_view meaning;  ///< "a placement"; empty where the size is a number
  std::string_view key;      ///< "placement", in JSON
  std::span<const std::string_view> words;
};

inline constexpr std::array<std::string_view, 3> domain_words = {"raw", "mem", "object"};
inline constexpr std::array<std::string_view, 2> hook_words = {"off", "on"};

[[nodiscard]] constexpr Choices choices_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::place:
      return {"a placement", "placement", pymalloc::placement_words};
    case OperationKind::domain:
      return {"a domain", "domain", domain_words};
    case OperationKind::hook:
      return {"on or off", "hook", hook_words};
    default:
      return {};
  }
}

}  // namespace poolhammer
