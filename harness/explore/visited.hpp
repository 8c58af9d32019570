#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace poolhammer {

/// A set of 64-bit digests: one flat table with open addressing, at most three quarters full.
class VisitedSet {
 public:
  VisitedSet() : table_(1024) {}

  /// Adds a digest; false where it was there.
  bool insert(std::uint64_t digest) {
    if (digest == empty) digest = stands_for_empty;
    const std::size_t place = find(table_, digest);
    if (table_[place] == digest) return false;
    table_[place] = digest;
    if (++size_ * 4 > table_.size() * 3) grow();
    return true;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return table_.size() * sizeof(std::uint64_t); }
  /// The most bytes that the next insert() needs beside those that are there already.
  [[nodiscard]] std::size_t bytes_to_grow() const {
    return (size_ + 1) * 4 > table_.size() * 3 ? 2 * bytes() : 0;
  }

 private:
  static constexpr std::uint64_t empty = 0;
  static constexpr std::uint64_t stands_for_empty = 0x9E37'79B9'7F4A'7C15U;
  using Table = std::vector<std::uint64_t>;

  /// The place of a digest, or the free one where it belongs. Digests are as good as random: their low bits
  /// serve.
  [[nodiscard]] static std::size_t find(const Table& table, std::uint64_t digest) {
    std::size_t place = digest & (table.size() - 1);
    while (table[place] != empty && table[place] != digest) place = (place + 1) & (table.size() - 1);
    return place;
  }

  void grow() {
    Table larger(table_.size() * 2);
    for (const std::uint64_t digest : table_) {
      if (digest != empty) larger[find(larger, digest)] = digest;
    }
    table_.swap(larger);
  }

  Table table_;
  std::size_t size_ = 0;
};

}  // namespace poolhammer
