#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <unordered_map>

namespace poolhammer {

/// Which memory live blocks occupy, in granules of 8 bytes: blocks that share no byte share no granule as
/// long as they begin on one. Asking and telling cost the same however many blocks there are; large blocks,
/// of which there are few, are kept by their bounds.
class Occupancy {
 public:
  /// Takes memory for its books from `memory`, which must outlive this.
  explicit Occupancy(std::pmr::memory_resource& memory = *std::pmr::get_default_resource())
      : pages_(&memory), large_(&memory) {}

  /// Whether any of [begin, begin + bytes) is occupied; 0 bytes count as 1.
  [[nodiscard]] bool overlaps(std::uintptr_t begin, std::size_t bytes) const;
  void add(std::uintptr_t begin, std::size_t bytes);
  /// What was added before with the same bounds.
  void remove(std::uintptr_t begin, std::size_t bytes);

 private:
  static constexpr std::size_t granule = 8;
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t large = std::size_t{64} << 10U;
  using Granules = std::array<std::uint64_t, page / granule / 64>;

  [[nodiscard]] bool overlaps_large(std::uintptr_t begin, std::uintptr_t end) const;

  std::pmr::unordered_map<std::uintptr_t, Granules> pages_;  ///< by number of the page
  std::pmr::map<std::uintptr_t, std::uintptr_t> large_;      ///< begin and end
};

}  // namespace poolhammer
