#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pymalloc {

/// Where in a heap something is: as far as it is known, from the arena down to the byte.
struct Location {
  std::optional<std::uint32_t> arena;       ///< index into the heap's table of arena objects
  std::optional<std::uint32_t> pool;        ///< number of the pool inside its arena, from its first pool
  std::optional<std::uint32_t> block;       ///< number of the block inside its pool
  std::optional<std::uint32_t> size_class;  ///< index of the size class
  std::uintptr_t address = 0;               ///< 0 where no single address is meant

  friend bool operator==(const Location&, const Location&) = default;
};

/// "0x200000003040".
[[nodiscard]] std::string hex(std::uintptr_t address);

/// "arena 0, pool 3, block 5, at 0x200000003040".
[[nodiscard]] std::string to_string(const Location& where);

/// An invariant of a heap that does not hold.
struct Violation {
  std::string_view invariant;  ///< its name in the catalogue, such as "pool.ref-count"
  Location where;
  std::string expected;
  std::string found;
};

/// One line: name, place, expected and found.
[[nodiscard]] std::string to_string(const Violation& violation);

}  // namespace pymalloc
