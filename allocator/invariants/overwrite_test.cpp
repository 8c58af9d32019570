#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "allocator/testing/victim.hpp"

namespace pymalloc {
namespace {

/// A member of a heap's books.
struct Place {
  std::byte* start;
  std::size_t size;
  std::string name;
};

/// The places of a heap that hold something: what a checker reads.
template <Layout L>
class Books {
 public:
  /// With `relied_on`, only what the heap relies on: no padding, no stale links of pools and arenas that are
  /// in no list.
  Books(Victim<L>& v, bool relied_on) : v_(v), relied_on_(relied_on) {
    for (std::uint32_t i = 0; i < v.state().maxarenas; ++i) add_arena(v.arena(i));
    add_heads();
    add_totals();
  }

  [[nodiscard]] const std::vector<Place>& places() const { return places_; }

 private:
  template <class T>
  void add(T& member, std::string name) {
    places_.push_back({reinterpret_cast<std::byte*>(&member), sizeof(T), std::move(name)});
  }

  void add_arena(ArenaObject& arena) {
    const std::string name = "arena " + std::to_string(&arena - v_.state().arenas) + " ";
    const bool unused = arena.address == 0;
    const bool usable = !unused && arena.nfreepools > 0;
    add(arena.address, name + "address");
    if (!relied_on_ || !unused) {
      add(arena.pool_address, name + "pool_address");
      add(arena.nfreepools, name + "nfreepools");
      add(arena.ntotalpools, name + "ntotalpools");
      add(arena.freepools, name + "freepools");
    }
    if (!relied_on_ || usable || unused) add(arena.nextarena, name + "nextarena");
    if (!relied_on_ || usable) add(arena.prevarena, name + "prevarena");
    if (unused) return;
    for (std::uintptr_t pool = first_pool_of<L>(arena.address); pool < address_of(arena.pool_address);
         pool += L::pool_size) {
      add_pool(std::bit_cast<PoolHeader*>(pool));
    }
  }

  void add_pool(PoolHeader* pool) {
    const std::string name = "pool " + hex(address_of(pool)) + " ";
    const std::uint32_t count = peek(pool->ref_count);
    const bool empty = count == 0;
    const bool used = !empty && count < v_.capacity(peek(pool->szidx));
    add(pool->ref_count, name + "ref_count");
    add(pool->freeblock, name + "freeblock");
    if (!relied_on_ || empty || used) add(pool->nextpool, name + "nextpool");
    if (!relied_on_ || used) add(pool->prevpool, name + "prevpool");
    if (!relied_on_) add(pool->padding, name + "padding");
    add(pool->arenaindex, name + "arenaindex");
    add(pool->szidx, name + "szidx");
    add(pool->nextoffset, name + "nextoffset");
    add(pool->maxnextoffset, name + "maxnextoffset");
    for (std::size_t i = 0; i < v_.free_list(pool).size(); ++i)
      add(v_.link(pool, i), name + "free block " + std::to_string(i));
  }

  void add_heads() {
    for (std::uint32_t size_class = 0; size_class < v_.classes; ++size_class) {
      add(v_.head(size_class)->nextpool, "head " + std::to_string(size_class) + " nextpool");
      add(v_.head(size_class)->prevpool, "head " + std::to_string(size_class) + " prevpool");
    }
    add(v_.state().unused_arena_objects, "unused_arena_objects");
    add(v_.state().usable_arenas, "usable_arenas");
    if (!HeapState<L>::has_nfp2lasta) return;
    for (std::size_t n = 0; n < v_.state().nfp2lasta.size(); ++n)
      add(v_.state().nfp2lasta[n], "nfp2lasta " + std::to_string(n));
  }

  void add_totals() {
    Totals& totals = v_.state().totals;
    add(totals.blocks, "totals.blocks");
    add(totals.bytes, "totals.bytes");
    add(totals.pools, "totals.pools");
    add(totals.arenas, "totals.arenas");
  }

  Victim<L>& v_;
  bool relied_on_;
  std::vector<Place> places_;
};

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
    std::uint64_t value = 0;
    for (std::size_t i = 8; i-- > 0;)
      value = value << 8U | std::to_integer<std::uint64_t>(peek(place.start[i]));
    for (const std::uint64_t delta : {0U, 1U, 8U, 16U, 56U}) values.push_back(value + delta);
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
        const std::uint64_t value = values[random() % values.size()];
        for (std::size_t i = 0; i < 8; ++i)
          damage.write(place.start[i], static_cast<std::byte>(value >> (8 * i)));
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
