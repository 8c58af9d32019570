#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "harness/run/runner.hpp"
#include "harness/subjects/adapt.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

/// What random programs that fill the allocator find first; `several`: also with blocks of several sizes.
/// `coalesces`: as somebody says of it, beside what its type says.
template <class A>
[[nodiscard]] std::string found_by_filling(bool several = false, bool coalesces = false) {
  AdaptedSubject<A> subject("adapted", [](void* place) { return new (place) A; });
  RunOptions options;
  options.memory_limit = 1U << 20U;
  options.coalesces = coalesces;
  const std::uint64_t seeds = several ? 15 : 200;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Trace trace = generate(seed, {.operations = 200,
                                        .layout = LayoutId::classic,
                                        .commands = false,
                                        .breadth = {.functions = {}, .coalesces = several},
                                        .fills = true});
    if (const auto finding = run(trace, subject, options).finding)
      return finding->oracle + ": " + finding->found;
  }
  return "nothing";
}

/// Cells of 1024 bytes. What is freed is given again, the last one first.
struct Cells {
  static constexpr std::size_t largest_request = 1024;
  void* allocate(std::size_t size) {
    if (size > cell || free.empty()) return nullptr;
    void* const block = free.back();
    free.pop_back();
    return block;
  }
  void deallocate(void* block) { free.push_back(block); }

  Cells() {
    for (std::size_t index = 0; index < cells; ++index) free.push_back(&memory[index * cell]);
  }
  static constexpr std::size_t cell = 1024;
  static constexpr std::size_t cells = 16;
  alignas(16) std::array<std::byte, cell * cells> memory;
  std::vector<void*> free;
};

/// Once it was full, its last cell is never used again.
struct LosesTheLast : Cells {
  void deallocate(void* block) {
    if (free.empty()) lost = true;
    free.push_back(block);
    if (free.size() == cells && std::exchange(lost, false)) free.pop_back();
  }
  bool lost = false;
};

/// The same, and says so.
struct LosesTheLastByDesign : LosesTheLast {
  static constexpr bool keeps_capacity = false;
};

/// Gives what lies behind the last block, and takes nothing back.
struct Bump {
  void* allocate(std::size_t size) {
    const std::size_t bytes = (size + 15) / 16 * 16;
    if (size > memory.size() || bytes > memory.size() - used) return nullptr;
    return &memory[std::exchange(used, used + bytes)];
  }
  void deallocate(void* /*block*/) {}
  alignas(16) std::array<std::byte, 65536> memory;
  std::size_t used = 0;
};

/// The first free piece that is large enough is cut; pieces are never joined.
struct NeverJoins {
  void* allocate(std::size_t size) {
    const std::size_t bytes = std::max<std::size_t>(size + 15, 16) / 16 * 16;
    if (size > memory.size()) return nullptr;
    for (auto& [at, length] : pieces) {
      if (length < bytes) continue;
      taken[&memory[at]] = bytes;
      length -= bytes;
      return &memory[std::exchange(at, at + bytes)];
    }
    return nullptr;
  }
  void deallocate(void* block) {
    const auto at = static_cast<std::size_t>(static_cast<std::byte*>(block) - memory.data());
    pieces.emplace_back(at, taken.extract(block).mapped());
  }
  alignas(16) std::array<std::byte, 65536> memory;
  std::vector<std::pair<std::size_t, std::size_t>> pieces = {{0, memory.size()}};
  std::map<void*, std::size_t> taken;
};

/// First fit in pieces that lie in the order of their addresses. What is freed is joined with its neighbours.
struct FirstFit {
  static constexpr bool coalesces = true;
  static constexpr std::size_t unit = 16;

  void* allocate(std::size_t size) {
    if (size > memory.size()) return nullptr;
    const std::size_t bytes = std::max(size + unit - 1, unit) / unit * unit;
    const auto piece =
        std::ranges::find_if(pieces, [bytes](const auto& each) { return each.second >= bytes; });
    if (piece == pieces.end()) return nullptr;
    const auto [at, length] = *piece;
    pieces.erase(piece);
    if (length > bytes) pieces.emplace(at + bytes, length - bytes);
    taken[at] = bytes;
    return &memory[at];
  }
  void deallocate(void* block) {
    const auto at = static_cast<std::size_t>(static_cast<std::byte*>(block) - memory.data());
    insert(at, taken.extract(at).mapped());
  }

  void insert(std::size_t at, std::size_t length) {
    auto piece = pieces.emplace(at, length).first;
    if (joins_before && piece != pieces.begin()) {
      const auto before = std::prev(piece);
      if (before->first + before->second == at) {
        before->second += piece->second;
        pieces.erase(piece);
        piece = before;
      }
    }
    const auto after = std::next(piece);
    if (!joins_after || after == pieces.end() || piece->first + piece->second != after->first) return;
    piece->second += after->second;
    pieces.erase(after);
  }

  bool joins_before = true;
  bool joins_after = true;
  alignas(16) std::array<std::byte, 65536> memory;
  std::map<std::size_t, std::size_t> pieces = {{0, memory.size()}};
  std::map<std::size_t, std::size_t> taken;
};

struct JoinsTheNextAlone : FirstFit {
  JoinsTheNextAlone() { joins_before = false; }
};

struct JoinsNothing : FirstFit {
  JoinsNothing() { joins_before = joins_after = false; }
};

/// What is skipped before a block that begins at a multiple of 64 is given to nobody again.
struct LosesThePadding : FirstFit {
  void* allocate(std::size_t size) {
    if (size < 512 || size % 3 != 0) return FirstFit::allocate(size);
    void* block = FirstFit::allocate(size);
    while (block != nullptr &&
           static_cast<std::size_t>(static_cast<std::byte*>(block) - memory.data()) % 64 != 0) {
      deallocate(block);
      FirstFit::allocate(unit);
      block = FirstFit::allocate(size);
    }
    return block;
  }
};

/// A last piece of the least size is forgotten.
struct ForgetsTheLastPiece : FirstFit {
  void* allocate(std::size_t size) {
    void* const block = FirstFit::allocate(size);
    if (pieces.size() == 1 && pieces.begin()->second == unit) pieces.clear();
    return block;
  }
};

/// The C library's.
struct WithoutAnEnd {
  void* allocate(std::size_t size) { return size > PTRDIFF_MAX ? nullptr : std::malloc(size); }
  void deallocate(void* block) { std::free(block); }
};

TEST(AdaptedCapacity, ThatIsLostIsFound) {
  EXPECT_EQ(found_by_filling<LosesTheLast>(), "contract.capacity.kept: room for 15");
}

TEST(AdaptedCapacity, IsNoMatterWhereTheAllocatorSaysSo) {
  EXPECT_EQ(found_by_filling<LosesTheLastByDesign>(), "nothing");
}

TEST(AdaptedCapacity, ThatAnAllocatorWhichCoalescesLosesIsFound) {
  const std::string oracle = "contract.capacity.largest: ";
  EXPECT_EQ(found_by_filling<JoinsTheNextAlone>(true).substr(0, oracle.size()), oracle);
  EXPECT_EQ(found_by_filling<JoinsNothing>(true).substr(0, oracle.size()), oracle);
  EXPECT_EQ(found_by_filling<LosesThePadding>(true).substr(0, oracle.size()), oracle);
  EXPECT_EQ(found_by_filling<ForgetsTheLastPiece>(true).substr(0, oracle.size()), oracle);
}

TEST(AdaptedCapacity, OfSoundAllocatorsIsNeverDoubted) {
  EXPECT_EQ(found_by_filling<Cells>(), "nothing");
  EXPECT_EQ(found_by_filling<Bump>(), "nothing");
  EXPECT_EQ(found_by_filling<NeverJoins>(), "nothing");
  EXPECT_EQ(found_by_filling<WithoutAnEnd>(), "nothing");
  EXPECT_EQ(found_by_filling<FirstFit>(true), "nothing");
}

TEST(AdaptedCapacity, IsHeldAgainstOneThatIsSaidToCoalesce) {
  EXPECT_EQ(found_by_filling<NeverJoins>(true, true).substr(0, 25), "contract.capacity.largest");
}

TEST(AdaptedCapacity, OfPiecesThatNobodySaidAreJoinedIsNeverDoubted) {
  EXPECT_EQ(found_by_filling<NeverJoins>(true), "nothing");
  EXPECT_EQ(found_by_filling<Bump>(true), "nothing");
}

}  // namespace
}  // namespace poolhammer
