#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "harness/picture/playback.hpp"
#include "harness/picture/snapshot.hpp"

namespace poolhammer {

/// What every step of a trace changes in the heap, as a stream of bytes from which heap.js makes the heap at
/// any step. Numbers are unsigned LEB128. A step is
///   how it ended (StepEnd), the place of its slot's block before and behind it;
///   the count of pools that changed, and of each: the pool, which of its 8 fields (a bit each) and their
///   values,
///     the count of links that changed, and of each the block and the link;
///   the count of held blocks that changed, and of each: the place, slot + 1 (0: freed) and, where held, the
///   size; the count of ends of used lists that changed, and of each: 2 x class (+ 1: the last pool), the
///   pool; the count of arena objects that changed, and of each: the index, which of its 7 fields, and their
///   values; the first usable arena, the count of blocks outside the pools, their bytes.
/// A pool is 0 where there is none, 1 where the address is no carved pool's, else 2 + its number: arena x
/// pools an arena + pool. A place is 0, 1 (outside the pools), or 2 + number of the pool x most blocks a pool
/// + block. A link is 0, 1 (to no block of the pool), or 2 + block. An arena is 0, 1 (outside the table), or
/// 2 + index. What a step does not name is as it was; at first all is 0.
class HeapRecord {
 public:
  /// Precondition: the subject shows its arenas.
  explicit HeapRecord(const Subject& subject);

  /// Adds a step, behind which the heap stands as it is now. `thorough`: read every free list again, as a
  /// damaged one may have changed behind its header's back.
  void add(const StepResult& step, const HeldBlocks& held, bool thorough = false);
  /// Adds one behind the trace, where any number of blocks came or went.
  void add_all(const HeldBlocks& held);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] std::uint32_t most_blocks() const { return most_blocks_; }

 private:
  static constexpr std::size_t pool_fields = 8;
  static constexpr std::size_t arena_fields = 7;
  struct Pool {
    PoolView header;  ///< as it stood, to see quickly that nothing changed
    bool known = false;
    std::array<std::uint64_t, pool_fields> fields{};
    std::vector<std::uint64_t> links;
  };
  struct Held {
    std::uint64_t place = 0;
    HeldBlock block;
  };
  /// Changes of one kind: how many, and their bytes.
  struct Part {
    std::uint64_t count = 0;
    std::string bytes;
  };

  void put(std::string& bytes, std::uint64_t number) const;
  void put(const Part& part);
  void add_rest(bool thorough);
  void change_held(std::uintptr_t address, const HeldBlocks& held);
  void add_pool(const PoolPlaces::Arena& arena, std::uint32_t number, bool thorough);
  void add_links(Pool& known, const PoolSnapshot& pool, Part& links);
  void add_lists();
  void add_arenas();
  [[nodiscard]] std::uint64_t pool_number(std::uintptr_t address) const;
  [[nodiscard]] std::uint64_t place(std::uintptr_t address) const;
  [[nodiscard]] static std::uint64_t arena_number(std::uint32_t index);

  const HeapView& view_;
  ModelLayout layout_;
  std::uintptr_t origin_;
  std::uint64_t pools_per_arena_;
  std::uint32_t most_blocks_;
  PoolPlaces places_;
  std::vector<Pool> pools_;  ///< by number
  std::vector<std::array<std::uint64_t, arena_fields>> arenas_;
  std::vector<std::uint64_t> list_ends_;
  std::map<std::uintptr_t, Held> held_;
  std::uint64_t outside_ = 0;
  std::uint64_t outside_bytes_ = 0;
  Part changed_pools_;
  Part changed_held_;
  std::string bytes_;
};

/// A number that two heaps share that look the same: what heap.js must come to at this step. Made from a
/// snapshot, not from the record.
[[nodiscard]] std::uint32_t checksum(const Snapshot& snapshot);

}  // namespace poolhammer
