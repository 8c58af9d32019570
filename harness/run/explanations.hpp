#pragma once

#include <span>
#include <string_view>

namespace poolhammer {

/// What an oracle's accusation means, for somebody who has not read the allocator.
struct Explanation {
  std::string_view oracle;   ///< its name in a Finding
  std::string_view meaning;  ///< what is protected, and what goes wrong where it does not hold
};

/// One for every oracle and invariant.
[[nodiscard]] std::span<const Explanation> explanations();

/// The meaning of what `oracle` says; empty for an oracle of a user's own.
[[nodiscard]] std::string_view meaning_of(std::string_view oracle);

}  // namespace poolhammer
