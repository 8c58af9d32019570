#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

/// A client that makes random requests and keeps books of its own: where its blocks lie, and what is in them.
/// Stops at the first thing that is wrong.
template <Layout L>
class RandomClient {
 public:
  RandomClient(Placement placement, std::uint64_t seed) : random_(seed), slots_(slot_count) {
    heap_.source.place(placement);
  }

  /// Makes `steps` requests, frees what is left and looks at what remains. Says what went wrong, if anything.
  [[nodiscard]] std::string run(int steps) {
    for (int step = 0; step < steps && error_.empty(); ++step) {
      growing_ = step / phase % 2 == 0;
      one_step();
      if (step % check_interval == 0) expect(heap_.violation());
      if (!error_.empty()) error_ = "step " + std::to_string(step) + ": " + error_;
    }
    if (error_.empty()) drain();
    return error_;
  }

  /// Equal for runs that got the same addresses in the same order.
  [[nodiscard]] std::uint64_t addresses() const { return addresses_; }

 private:
  struct Block {
    unsigned char* start = nullptr;
    std::size_t size = 0;
    unsigned char first = 0;  ///< byte i holds first + i
  };

  static constexpr bool tiny = L::arena_size < 4096;
  static constexpr std::size_t slot_count = tiny ? 200 : 4000;
  static constexpr int phase = tiny ? 700 : 6000;
  static constexpr int check_interval = tiny ? 50 : 1500;

  [[nodiscard]] std::uint64_t below(std::uint64_t n) { return random_() % n; }
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }

  void fail(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }
  void expect(const std::string& violation) {
    if (!violation.empty()) fail(violation);
  }

  [[nodiscard]] std::size_t size() {
    if (one_in(40)) return 0;
    if (one_in(20)) return L::small_request_threshold + 1 + below(600);
    if (one_in(4)) {  // around the edge of a class
      const std::size_t edge = heap_.block_size(static_cast<std::uint32_t>(below(heap_.classes)));
      return edge + below(2);
    }
    return 1 + below(L::small_request_threshold);
  }

  void one_step() {
    if (one_in(300)) heap_.source.fail_next(1 + below(3));
    if (one_in(300)) heap_.raw.fail_next(1 + below(2));
    refused_before_ = heap_.raw.refused();
    Block& block = slots_[below(slots_.size())];
    if (block.start == nullptr) {
      if (growing_ || one_in(3)) one_in(4) ? calloc(block) : malloc(block);
    } else if (one_in(3)) {
      realloc(block);
    } else if (!growing_ || one_in(6)) {
      free(block);
    }
  }

  void malloc(Block& block) {
    const std::size_t wanted = size();
    take(block, heap_.heap.malloc(wanted), wanted);
  }

  void calloc(Block& block) {
    const std::size_t count = 1 + below(4);
    const std::size_t wanted = size() / count * count;
    void* const start = heap_.heap.calloc(count, wanted / count);
    const auto* const bytes = static_cast<const unsigned char*>(start);
    for (std::size_t i = 0; start != nullptr && i < wanted; ++i) {
      if (bytes[i] != 0) return fail("calloc left a byte that is not zero");
    }
    take(block, start, wanted);
  }

  void realloc(Block& block) {
    const Block old = block;
    const std::size_t wanted = size();
    const bool was_in_pool = heap_.heap.owns(old.start);
    const std::size_t old_size = was_in_pool ? heap_.heap.block_size_in_pool(old.start) : 0;
    void* const start = heap_.heap.realloc(old.start, wanted);
    if (start == nullptr) {
      expect_refusal();
      return verify(old);
    }
    forget(old);
    verify({static_cast<unsigned char*>(start), std::min(old.size, wanted), old.first});
    if (was_in_pool) {
      const bool stays = wanted <= old_size && 4 * wanted > 3 * old_size;
      if (stays != (start == old.start)) fail("realloc broke the rule of three quarters");
    } else if (heap_.heap.owns(start)) {
      fail("a block of the raw allocator became a pool block");
    }
    take(block, start, wanted);
  }

  void free(Block& block) {
    verify(block);
    forget(block);
    heap_.heap.free(block.start);
    block = {};
  }

  void expect_refusal() {
    if (heap_.raw.refused() == refused_before_) fail("null, although the raw allocator refused nothing");
  }

  /// Books a block that the heap gave and fills it.
  void take(Block& block, void* start, std::size_t wanted) {
    if (start == nullptr) return expect_refusal();
    const std::uintptr_t address = address_of(start);
    addresses_ = (addresses_ ^ address) * 0x100000001B3U;
    if (address % (heap_.heap.owns(start) ? L::alignment : 16) != 0) fail(hex(address) + " is not aligned");
    const auto after = live_.lower_bound(address);
    const std::size_t bytes = std::max<std::size_t>(wanted, 1);
    if (after != live_.end() && after->first < address + bytes)
      fail(hex(address) + " overlaps the next block");
    if (after != live_.begin() && std::prev(after)->first + std::prev(after)->second > address)
      fail(hex(address) + " overlaps the block before");
    live_.emplace(address, bytes);
    block = {static_cast<unsigned char*>(start), wanted, static_cast<unsigned char>(random_())};
    for (std::size_t i = 0; i < wanted; ++i) block.start[i] = static_cast<unsigned char>(block.first + i);
  }

  void forget(const Block& block) { live_.erase(address_of(block.start)); }

  void verify(const Block& block) {
    for (std::size_t i = 0; i < block.size; ++i) {
      if (block.start[i] == static_cast<unsigned char>(block.first + i)) continue;
      return fail("byte " + std::to_string(i) + " of " + hex(address_of(block.start)) + " changed");
    }
  }

  void drain() {
    for (Block& block : slots_) {
      if (block.start != nullptr) free(block);
    }
    expect(heap_.violation());
    const Totals& left = heap_.state().totals;
    if (left.blocks != 0 || left.bytes != 0 || left.pools != 0) fail("blocks or pools are left");
    if (left.arenas > (L::keeps_last_arena ? 1U : 0U) || left.arenas != heap_.source.live())
      fail(std::to_string(heap_.source.live()) + " arenas are left");
    std::uint64_t tables = heap_.state().maxarenas > 0 ? 1 : 0;
    if constexpr (HeapState<L>::has_radix_map) tables += heap_.state().map.nodes();
    if (heap_.raw.live() != tables) fail("blocks of the raw allocator are left");
    if (heap_.raw.wrong_frees() + heap_.source.wrong_releases() != 0) fail("what was no block was freed");
  }

  std::mt19937_64 random_;
  TestHeap<L> heap_;
  std::vector<Block> slots_;
  std::map<std::uintptr_t, std::size_t> live_;
  std::uint64_t addresses_ = 0;
  std::uint64_t refused_before_ = 0;
  bool growing_ = true;
  std::string error_;
};

constexpr int steps = 30000;

template <class L>
class RandomRequests : public ::testing::Test {};
TYPED_TEST_SUITE(RandomRequests, AllLayouts, LayoutNames);

TYPED_TEST(RandomRequests, KeepBlocksApartAndTheirBytesAndEveryInvariantUnderEveryPlacementAndRefusal) {
  std::uint64_t seed = 100;
  for (const Placement placement : all_placements) {
    ++seed;
    EXPECT_EQ(RandomClient<TypeParam>(placement, seed).run(steps), "")
        << "placement " << word(placement) << ", seed " << seed;
  }
}

TYPED_TEST(RandomRequests, GetTheSameAddressesInEveryRun) {
  const auto addresses = [](std::uint64_t seed) {
    RandomClient<TypeParam> client(Placement::scattered, seed);
    EXPECT_EQ(client.run(steps / 10), "");
    return client.addresses();
  };
  const std::uint64_t first = addresses(7);
  EXPECT_EQ(addresses(7), first);
  EXPECT_NE(addresses(8), first);
}

TEST(RandomRequestsOfTheTinyLayout, HoldForManySeeds) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Placement placement = all_placements[seed % all_placements.size()];
    EXPECT_EQ(RandomClient<Tiny>(placement, seed).run(4000), "") << word(placement) << ", seed " << seed;
  }
}

}  // namespace
}  // namespace pymalloc
