#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "allocator/layout.hpp"
#include "harness/trace/operation.hpp"

namespace poolhammer {

template <pymalloc::Layout L>
inline constexpr auto layout_number = static_cast<std::uint8_t>(pymalloc::Layouts::index<L>);

/// The layout of the home allocator that a trace was made for, as its number in pymalloc::Layouts, which is
/// that of the binary form. Only those that code speaks of have names here.
enum class LayoutId : std::uint8_t {
  classic = layout_number<pymalloc::Classic>,
  aligned16 = layout_number<pymalloc::Aligned16>,
  modern = layout_number<pymalloc::Modern>,
  tiny = layout_number<pymalloc::Tiny>,
};

inline constexpr std::uint8_t layouts = pymalloc::Layouts::size;
inline constexpr const std::array<std::string_view, layouts>& layout_words = pymalloc::Layouts::names;

[[nodiscard]] constexpr std::string_view word(LayoutId layout) {
  return layout_words[static_cast<std::size_t>(layout)];
}

[[nodiscard]] constexpr std::optional<LayoutId> layout_named(std::string_view name) {
  for (std::uint8_t i = 0; i < layouts; ++i) {
    if (layout_words[i] == name) return static_cast<LayoutId>(i);
  }
  return std::nullopt;
}

/// A program for an allocator: plain data. Every sequence of operations is a valid program, see
/// OperationKind.
struct Trace {
  LayoutId layout = LayoutId::classic;  ///< the subject to use where the user names none
  std::vector<Operation> operations;

  friend bool operator==(const Trace&, const Trace&) = default;
};

}  // namespace poolhammer
