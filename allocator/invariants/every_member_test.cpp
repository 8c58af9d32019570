// Every member of a heap's books takes every value that may lead a checker astray, alone and together with
// others: check() must name the invariant that a second, plain account of the invariants finds broken first.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "allocator/invariants/near_checks.hpp"
#include "allocator/testing/all_corruptions.hpp"
#include "allocator/testing/books.hpp"
#include "allocator/testing/plain_truth.hpp"

namespace pymalloc {
namespace {

/// A heap to be damaged, and all that its checkers read.
template <Layout L>
class Patient {
 public:
  Patient() : places_(Books<L>(victim_, true).places()) {
    if constexpr (HeapState<L>::has_radix_map) add_cells();
    for (const Place& place : places_) {
      if (place.size == 8) pointers_.insert(place.value());
    }
    for (std::uint32_t i = 0; i < victim_.state().maxarenas; ++i)
      pointers_.insert(address_of(&victim_.arena(i)));
    for (std::uint32_t i = 0; i < Geometry<L>::classes; ++i) pointers_.insert(address_of(victim_.head(i)));
  }

  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  [[nodiscard]] Victim<L>& victim() { return victim_; }

  /// What it may say instead of what it says: nothing, a little less or more, what has its low bits, all
  /// there is, what others say, and their neighbours.
  [[nodiscard]] std::vector<std::uint64_t> telling_values(const Place& place) const {
    const std::uint64_t now = place.value();
    std::set<std::uint64_t> values = {0,
                                      1,
                                      2,
                                      now - 1,
                                      now + 1,
                                      now + 8,
                                      now - L::alignment,
                                      now + L::alignment,
                                      2 * now,
                                      now + (std::uint64_t{1} << 8U),
                                      now + (std::uint64_t{1} << 16U),
                                      now + (std::uint64_t{1} << 32U),
                                      ~std::uint64_t{0},
                                      no_size_class};
    if (place.size == 8) {
      for (const std::uint64_t pointer : pointers_) values.insert(pointer);
      values.insert({now + L::pool_size, now - L::pool_size, now + L::arena_size, now - L::arena_size,
                     now + sizeof(ArenaObject)});
    } else {
      for (const Place& other : places_) {
        if (other.size == place.size) values.insert(other.value());
      }
    }
    const std::uint64_t width =
        place.size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * place.size)) - 1;
    std::set<std::uint64_t> fitting;
    for (const std::uint64_t value : values) fitting.insert(value & width);
    fitting.erase(now);
    return {fitting.begin(), fitting.end()};
  }

  /// Compares the checker with the plain account, and tells what was broken.
  [[nodiscard]] std::string_view judge(Readable readable) {
    const Check found = check(victim_.state(), readable);
    const std::string_view due = PlainTruth<L>(victim_.state(), readable).first_broken();
    EXPECT_EQ(found ? found->invariant : "", due) << (found ? to_string(*found) : "nothing found");
    return due;
  }
  [[nodiscard]] std::string_view judge() { return judge(readable()); }

  /// That what is said near a block is never more than the truth.
  void judge_near() {
    for (const PoolHeader* pool : {victim_.full, victim_.used, victim_.other, victim_.pair[0]}) {
      const auto* const block = reinterpret_cast<const std::byte*>(pool) + Geometry<L>::overhead;
      const Check near = NearChecks<L>(victim_.state(), readable()).check(block);
      EXPECT_FALSE(near) << to_string(*near);
    }
  }

  /// What the arena source gave.
  [[nodiscard]] Readable readable() const {
    return {[](const void* source, std::uintptr_t address, std::size_t size) {
              return static_cast<const RegionArenaSource*>(source)->holds(address, size);
            },
            &victim_.source};
  }

 private:
  /// The cells of the arenas, and those between them in the same leaf.
  void add_cells() {
    using Map = RadixMap<L>;
    std::set<std::uintptr_t> numbers;
    for (std::uint32_t i = 0; i < victim_.state().maxarenas; ++i) {
      const std::uintptr_t address = victim_.arena(i).address;
      if (address == 0) continue;
      numbers.insert(address >> Map::arena_bits);
      numbers.insert((address + L::arena_size - 1) >> Map::arena_bits);
    }
    for (const std::uintptr_t number : std::set(numbers)) {
      const auto above = numbers.upper_bound(number);
      if (above != numbers.end() && *above - number < 8) numbers.insert(number + 1);
    }
    for (const std::uintptr_t number : numbers) {
      auto* const cell = const_cast<typename Map::Cell*>(victim_.state().map.find(number));
      places_.push_back({reinterpret_cast<std::byte*>(&cell->head), 4, "cell " + hex(number) + " head"});
      places_.push_back({reinterpret_cast<std::byte*>(&cell->tail), 4, "cell " + hex(number) + " tail"});
    }
  }

  Victim<L> victim_;
  std::vector<Place> places_;
  std::set<std::uint64_t> pointers_;
};

template <class L>
class EveryMember : public ::testing::Test {
 protected:
  /// Damages some places and has both judge.
  template <class Corrupt>
  void round(const Corrupt& corrupt) {
    round(corrupt, patient_.readable());
  }
  template <class Corrupt>
  void round(const Corrupt& corrupt, Readable readable) {
    if (this->HasFailure()) return;  // one story is enough
    Damage damage;
    std::string story;
    corrupt(damage, story);
    SCOPED_TRACE(story);
    const std::string_view broken = patient_.judge(readable);
    if (broken.empty()) patient_.judge_near();
    seen_.insert(broken);
  }
  /// Swaps two members of a kind, or adds to one what is taken from the other.
  void compensate(Damage& damage, std::string& story) {
    const Place& one = any();
    const Place& other = like(one);
    const std::uint64_t first = one.value();
    const bool swap = random_() % 2 == 0;
    write(one, swap ? other.value() : first + 1, damage, story);
    write(other, swap ? first : other.value() - 1, damage, story);
  }
  [[nodiscard]] const Place& any() { return patient_.places()[random_() % patient_.places().size()]; }
  /// Another place of the same kind.
  [[nodiscard]] const Place& like(const Place& place) {
    std::vector<const Place*> alike;
    for (const Place& other : patient_.places()) {
      if (other.size == place.size && other.kind() == place.kind()) alike.push_back(&other);
    }
    return *alike[random_() % alike.size()];
  }
  void write(const Place& place, std::uint64_t value, Damage& damage, std::string& story) {
    story += place.name + ": " + hex(place.value()) + " -> " + hex(value) + "; ";
    place.write(value, damage);
  }
  void write_any(Damage& damage, std::string& story) {
    const Place& place = any();
    const std::vector<std::uint64_t> values = patient_.telling_values(place);
    write(place, values[random_() % values.size()], damage, story);
  }

  static constexpr bool is_small = L::arena_size < 4096;

  Patient<L> patient_;
  std::mt19937_64 random_{15};
  std::set<std::string_view> seen_;  ///< what was broken
};
TYPED_TEST_SUITE(EveryMember, AllLayouts, LayoutNames);

TYPED_TEST(EveryMember, OfASoundHeapIsAsBothAccountsHaveIt) {
  EXPECT_EQ(this->patient_.judge(), "");
  this->patient_.judge_near();
}

TYPED_TEST(EveryMember, WithAnotherValueBreaksWhatThePlainAccountSays) {
  for (const Place& place : this->patient_.places()) {
    // Where the heap is small, every value.
    const std::vector<std::uint64_t> values = this->patient_.telling_values(place);
    for (std::size_t i = 0; i < values.size(); i += this->is_small ? 1 : 1 + this->random_() % 400)
      this->round([&](Damage& damage, std::string& story) { this->write(place, values[i], damage, story); });
  }
}

TYPED_TEST(EveryMember, WithOthersThatAreWrongTooBreaksWhatThePlainAccountSays) {
  for (int i = 0; i < (this->is_small ? 2000 : 300); ++i) {
    this->round([this](Damage& damage, std::string& story) {
      for (std::uint64_t writes = 2 + this->random_() % 3; writes > 0; --writes)
        this->write_any(damage, story);
    });
    this->round([this](Damage& damage, std::string& story) { this->compensate(damage, story); });
  }
}

/// What is reached by no chance: heaps that are sound but for one invariant, and then one member more.
TYPED_TEST(EveryMember, OfAHeapThatBreaksOneInvariantBreaksWhatThePlainAccountSays) {
  const int members = this->is_small ? 40 : 6;
  for (const Corruption<TypeParam>& corruption : all_corruptions<TypeParam>()) {
    for (int i = 0; i <= members; ++i) {
      const auto corrupt = [&](Damage& damage, std::string& story) {
        story = std::string(corruption.invariant) + ", " + corruption.how + "; ";
        (void)corruption.damage(this->patient_.victim(), damage);
        if (i > 0) this->write_any(damage, story);
      };
      // Arenas that overlap are in no source's ledger.
      this->round(corrupt, readable_by_system());
    }
    EXPECT_TRUE(this->seen_.contains(corruption.invariant)) << corruption.invariant;
  }
}

template <class L>
class HeapWithoutABlock : public ::testing::Test {};
TYPED_TEST_SUITE(HeapWithoutABlock, AllLayouts, LayoutNames);

TYPED_TEST(HeapWithoutABlock, IsSoundWithTheArenaThatItsLayoutKeeps) {
  TestHeap<TypeParam> t;
  t.heap.free(t.take(0));
  EXPECT_EQ(t.state().totals.arenas, TypeParam::keeps_last_arena ? 1U : 0U);
  EXPECT_EQ(t.violation(), "");
  EXPECT_EQ(PlainTruth<TypeParam>(t.state(), readable_by_system()).first_broken(), "");
}

}  // namespace
}  // namespace pymalloc
