#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/testing/victim.hpp"

namespace pymalloc {

/// What a violation must say: its place as far as it is named here, and its words.
struct Sign {
  std::optional<std::uint32_t> arena{};
  std::optional<std::uint32_t> pool{};
  std::optional<std::uint32_t> size_class{};
  std::string expected{};  ///< a part of the violation's text
  std::string found{};     ///< a part of the violation's text
};

/// One way to break an invariant.
template <Layout L>
struct Corruption {
  std::string_view invariant;
  std::string how;  ///< a few words in CamelCase, unique for the invariant
  std::function<Sign(Victim<L>&, Damage&)> damage;
};

/// How GoogleTest prints one.
template <Layout L>
void PrintTo(const Corruption<L>& corruption, std::ostream* out) {
  *out << corruption.invariant << ", " << corruption.how;
}

template <Layout L>
using Corruptions = std::vector<Corruption<L>>;

}  // namespace pymalloc
