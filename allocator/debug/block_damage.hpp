#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "allocator/domains/domain.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// What a client did wrong, as far as the debug layer can see it.
enum class DamageKind : std::uint8_t {
  overflow,          ///< a byte behind the data was changed
  underflow,         ///< a byte before the data was changed
  double_free,       ///< a freed block was given back or resized again
  use_after_free,    ///< a byte of a freed block was changed
  foreign_pointer,   ///< a pointer was given back that is to no block
  interior_pointer,  ///< a pointer into a block was given back, not one to its data
  wrong_domain,      ///< a block was given back to another domain than its own
};
inline constexpr std::size_t damage_kinds = 7;

/// "use after free".
[[nodiscard]] std::string_view to_string(DamageKind kind);

/// When the layer saw it.
enum class NoticedBy : std::uint8_t {
  free,     ///< the call with the bad pointer, or of the damaged block
  realloc,  ///< the same
  check,    ///< DebugLayer::check()
  release,  ///< a freed block had been held back, and left for the base
};
[[nodiscard]] std::string_view to_string(NoticedBy noticed_by);

/// The bytes near a damaged one, or near a bad pointer.
struct Surroundings {
  static constexpr std::ptrdiff_t reach = 16;  ///< bytes shown on either side

  std::ptrdiff_t first = 0;  ///< offset of bytes[0], counted like BlockDamage::offset
  std::array<std::optional<std::byte>, 2 * reach + 1> bytes{};  ///< empty where memory cannot be read

  /// Those around `address + offset`.
  [[nodiscard]] static Surroundings around(std::uintptr_t address, std::ptrdiff_t offset,
                                           const Readable& readable);
};

/// One misuse of a block, seen by a debug layer.
struct BlockDamage {
  DamageKind kind = DamageKind::foreign_pointer;
  NoticedBy noticed_by = NoticedBy::free;
  Domain layer = Domain::raw;     ///< whose layer saw it
  std::optional<Domain> owner{};  ///< the block's domain; empty where no block is known
  std::uintptr_t address = 0;     ///< of the block's data; of the pointer where no block is known
  /// From `address`: the changed byte for overflow, underflow and use after free; where the pointer led for
  /// an interior pointer; else 0. Where several bytes of a guard were changed, the one nearest to the data;
  /// of a freed block's, the first.
  std::ptrdiff_t offset = 0;
  std::optional<std::size_t> size{};    ///< bytes of data, where they are known
  std::optional<std::size_t> serial{};  ///< which allocation it was, where blocks are numbered
  bool freed = false;                   ///< whether the block had been freed
  std::optional<std::byte> expected{};  ///< what the changed byte should hold
  Surroundings surroundings{};
  std::string allocated_by{};  ///< a stack trace, a line a frame; empty where none was kept
  std::string freed_by{};      ///< the same, of who freed it last
};

/// One line: kind, byte, block, and who noticed.
[[nodiscard]] std::string headline(const BlockDamage& damage);

/// The headline, and below it the bytes around with the one that matters in brackets. Ends in a newline.
[[nodiscard]] std::string to_string(const BlockDamage& damage);

/// What is done about damage. Where it returns, the call that noticed it leaves the block alone: it is
/// neither given back nor changed, and realloc gives null.
struct DamageHandler {
  void (*handle)(void* context, const BlockDamage& damage) = nullptr;
  void* context = nullptr;
};

/// Prints the report to stderr and aborts.
[[nodiscard]] DamageHandler abort_on_damage();

}  // namespace pymalloc
