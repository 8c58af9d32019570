#include "harness/oracles/poisoned_bytes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

#include "allocator/poison.hpp"

namespace poolhammer {
namespace {

#ifndef PYMALLOC_ADDRESS_SANITIZER

TEST(PoisonedBytes, AreNotToldWithoutAddressSanitizer) {
  const std::array<std::byte, 8> bytes{};
  EXPECT_FALSE(poison_is_visible());
  EXPECT_FALSE(first_poisoned(reinterpret_cast<std::uintptr_t>(bytes.data()), bytes.size()));
  EXPECT_FALSE(first_open(reinterpret_cast<std::uintptr_t>(bytes.data()), bytes.size()));
}

#else

/// Memory in which every kind of granule stands beside every other, among long runs of poisoned ones.
class PoisonedBytes : public testing::Test {
 protected:
  PoisonedBytes() {
    pymalloc::poison(bytes_.data(), bytes_.size());
    for (std::size_t granule = 0; granule < 9; ++granule)
      pymalloc::unpoison(bytes_.data() + 80 + 8 * granule, granule);
    pymalloc::unpoison(bytes_.data() + 320, 16);
  }
  PoisonedBytes(const PoisonedBytes&) = delete;
  PoisonedBytes& operator=(const PoisonedBytes&) = delete;
  ~PoisonedBytes() override { pymalloc::unpoison(bytes_.data(), bytes_.size()); }

  [[nodiscard]] std::uintptr_t begin() const { return reinterpret_cast<std::uintptr_t>(bytes_.data()); }

  /// The first byte of a part that is poisoned, or is not, by asking of one after the other.
  [[nodiscard]] std::optional<std::uintptr_t> first(bool poisoned, std::size_t from, std::size_t size) const {
    for (std::size_t i = from; i < from + size; ++i) {
      if ((__asan_address_is_poisoned(bytes_.data() + i) != 0) == poisoned) return begin() + i;
    }
    return std::nullopt;
  }

  alignas(64) std::array<std::byte, 512> bytes_{};
};

TEST_F(PoisonedBytes, AreFoundWhereTheSanitizerKnowsThemWhateverTheRange) {
  ASSERT_TRUE(poison_is_visible());
  for (std::size_t from = 0; from < 400; ++from) {
    for (std::size_t size = 0; from + size <= bytes_.size(); size += size < 90 ? 1 : 37) {
      ASSERT_EQ(first_open(begin() + from, size), first(false, from, size)) << from << ", " << size;
      ASSERT_EQ(first_poisoned(begin() + from, size), first(true, from, size)) << from << ", " << size;
    }
  }
}

#endif

}  // namespace
}  // namespace poolhammer
