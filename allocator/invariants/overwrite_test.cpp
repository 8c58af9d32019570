#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "allocator/testing/books.hpp"

namespace pymalloc {
namespace {

/// Whether an arena could be where it is said to be as far as its heap can know: without a radix tree nothing
/// tells one address in front of the first pool from another.
template <Layout L>
bool same_arena_to_its_heap(std::uintptr_t before, std::uintptr_t after) {
  if (HeapState<L>::has_radix_map || before % L::pool_size == 0 || after % L::pool_size == 0) return false;
  return first_pool_of<L>(before) == first_pool_of<L>(after);
}

/// Flips one bit and expects the checker to report it.
template <Layout L>
void flip(Victim<L>& v, const Place& place, std::size_t bit) {
  std::vector<std::uintptr_t> addresses;
  for (std::uint32_t i = 0; i < v.state().maxarenas; ++i) addresses.push_back(v.arena(i).address);
  Damage damage;
  std::byte& byte = place.start[bit / 8];
  damage.write(byte, peek(byte) ^ (std::byte{1} << (bit % 8)));
  for (std::uint32_t i = 0; i < addresses.size(); ++i) {
    if (v.arena(i).address != addresses[i] && same_arena_to_its_heap<L>(addresses[i], v.arena(i).address))
      return;
  }
  EXPECT_TRUE(check(v.state())) << place.name << ", bit " << bit;
}

TEST(EveryBit, OfTheBooksOfATinyHeapIsGuarded) {
  Victim<Tiny> v;
  const Books<Tiny> books(v, true);
  for (const Place& place : books.places()) {
    for (std::size_t bit = 0; bit < 8 * place.size; ++bit) flip(v, place, bit);
  }
  EXPECT_EQ(v.violation(), "");
}

template <class L>
class RandomOverwrites : public ::testing::Test {};
TYPED_TEST_SUITE(RandomOverwrites, AllLayouts, LayoutNames);

TYPED_TEST(RandomOverwrites, OfOneBitInTheBooksAreSeen) {
  Victim<TypeParam> v;
  const Books<TypeParam> books(v, true);
  std::mt19937_64 random(5);
  for (int i = 0; i < 500; ++i) {
    const Place& place = books.places()[random() % books.places().size()];
    flip(v, place, random() % (8 * place.size));
  }
  EXPECT_EQ(v.violation(), "");
}

/// Values that lead somewhere: pointers that the books hold, and their neighbours.
std::vector<std::uint64_t> plausible_values(const std::vector<Place>& places) {
  std::vector<std::uint64_t> values = {0, 1, 8, 0xFFFF, ~std::uint64_t{0}, std::uint64_t{1} << 63U};
  for (const Place& place : places) {
    if (place.size != 8) continue;
    for (const std::uint64_t delta : {0U, 1U, 8U, 16U, 56U}) values.push_back(place.value() + delta);
  }
  return values;
}

TYPED_TEST(RandomOverwrites, ByBytesAndStrayPointersNeverCrashNorHangTheChecker) {
  Victim<TypeParam> v;
  const Books<TypeParam> books(v, false);
  const std::vector<std::uint64_t> values = plausible_values(books.places());
  std::mt19937_64 random(6);
  const int rounds = TypeParam::arena_size < 4096 ? 4000 : 500;
  int seen = 0;
  for (int round = 0; round < rounds; ++round) {
    Damage damage;
    for (std::uint64_t writes = 1 + random() % 6; writes > 0; --writes) {
      const Place& place = books.places()[random() % books.places().size()];
      if (place.size == 8 && random() % 2 == 0) {
        place.write(values[random() % values.size()], damage);
      } else {
        damage.write(place.start[random() % place.size], static_cast<std::byte>(random()));
      }
    }
    const Check violation = check(v.state());
    if (!violation) continue;
    ++seen;
    EXPECT_NE(to_string(*violation), "");
  }
  EXPECT_GT(seen, rounds / 2) << "the overwrites must do damage for the test to mean anything";
  EXPECT_EQ(v.violation(), "");
}

}  // namespace
}  // namespace pymalloc
