#include "harness/oracles/occupancy.hpp"

#include <algorithm>

namespace poolhammer {
namespace {

/// Calls visit(page, word, mask) for each 64 granules of [begin, end) in their order, until it returns true,
/// which is then the result. `granules` are counted from address 0.
template <class Visit>
bool for_each_word(std::uintptr_t begin, std::uintptr_t end, std::size_t words_per_page, Visit&& visit) {
  const std::uintptr_t first = begin / 8;
  const std::uintptr_t last = (end - 1) / 8;
  for (std::uintptr_t word = first / 64; word <= last / 64; ++word) {
    std::uint64_t mask = ~std::uint64_t{0};
    if (word == first / 64) mask &= ~std::uint64_t{0} << (first % 64);
    if (word == last / 64) mask &= ~std::uint64_t{0} >> (63 - last % 64);
    if (visit(word / words_per_page, word % words_per_page, mask)) return true;
  }
  return false;
}

}  // namespace

bool Occupancy::overlaps_large(std::uintptr_t begin, std::uintptr_t end) const {
  const auto behind = large_.lower_bound(end);
  return behind != large_.begin() && std::prev(behind)->second > begin;
}

bool Occupancy::overlaps(std::uintptr_t begin, std::size_t bytes) const {
  const std::uintptr_t end = begin + std::max<std::size_t>(bytes, 1);
  if (!large_.empty() && overlaps_large(begin, end)) return true;
  if (bytes >= large && (end - begin) / page > pages_.size()) {
    // Fewer pages are occupied than the block has.
    return std::any_of(pages_.begin(), pages_.end(), [&](const auto& entry) {
      const std::uintptr_t from = std::max(begin, entry.first * page);
      const std::uintptr_t to = std::min(end, (entry.first + 1) * page);
      return from < to && for_each_word(from, to, Granules{}.size(), [&](auto, auto word, auto mask) {
               return (entry.second[word] & mask) != 0;
             });
    });
  }
  return for_each_word(begin, end, Granules{}.size(), [&](auto number, auto word, auto mask) {
    const auto found = pages_.find(number);
    return found != pages_.end() && (found->second[word] & mask) != 0;
  });
}

void Occupancy::add(std::uintptr_t begin, std::size_t bytes) {
  const std::uintptr_t end = begin + std::max<std::size_t>(bytes, 1);
  if (bytes >= large) {
    large_.emplace(begin, end);
    return;
  }
  for_each_word(begin, end, Granules{}.size(), [&](auto number, auto word, auto mask) {
    pages_[number][word] |= mask;
    return false;
  });
}

void Occupancy::remove(std::uintptr_t begin, std::size_t bytes) {
  const std::uintptr_t end = begin + std::max<std::size_t>(bytes, 1);
  if (bytes >= large) {
    large_.erase(begin);
    return;
  }
  for_each_word(begin, end, Granules{}.size(), [&](auto number, auto word, auto mask) {
    pages_[number][word] &= ~mask;
    return false;
  });
}

}  // namespace poolhammer
