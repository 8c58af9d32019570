#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/trace/operation.hpp"

namespace poolhammer {

/// The layout of the home allocator that a trace was made for. The numbers are those of the binary form.
enum class LayoutId : std::uint8_t { classic = 0, aligned16 = 1, modern = 2, tiny = 3 };

inline constexpr std::uint8_t layouts = 4;
inline constexpr std::array<std::string_view, layouts> layout_words = {"classic", "aligned16", "modern",
                                                                       "tiny"};

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
