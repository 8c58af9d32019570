#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace poolhammer::contract {

/// Counts and sizes whose product is over SIZE_MAX: just over it, by factors of 32 bits, by as much as can
/// be.
[[nodiscard]] inline std::vector<std::pair<std::uint64_t, std::uint64_t>> overflowing_products() {
  constexpr std::uint64_t most = ~std::uint64_t{0};
  constexpr std::uint64_t half = std::uint64_t{1} << 63U;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> products = {
      {most, most}, {half, 2}, {2, half}, {most, 2}};
  for (const std::uint64_t factor : {2U, 3U, 4U, 8U, 16U, 24U, 48U, 100U, 4096U, 65'536U}) {
    const std::uint64_t other = most / factor + 1;  // the least whose product is over SIZE_MAX
    products.insert(products.end(),
                    {{other, factor}, {factor, other}, {other + 1, factor}, {other + 16, factor}});
  }
  const std::uint64_t root = std::uint64_t{1} << 32U;
  products.insert(products.end(), {{root, root}, {root + 1, root}, {root + 1, root - 1}});
  return products;
}

}  // namespace poolhammer::contract
