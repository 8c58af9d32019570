#include "worker/generations.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "harness/trace/act_bounds.hpp"
#include "worker/process_file.hpp"

namespace poolhammer::worker {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t most_blocks = 64;
/// What a thread takes at most, beside a block of the largest size.
constexpr std::size_t bytes_of_a_thread = std::size_t{64} << 10U;
constexpr std::size_t most_bytes = std::size_t{1} << 20U;

/// The pages that are this process's own, without those that the system may take back at any time. They are
/// counted one by one: what /proc/self/statm tells may lag far behind where there are many processors.
[[nodiscard]] std::uint64_t own_bytes() {
  constexpr const char* file = "/proc/self/smaps_rollup";
  const std::uint64_t all = bytes_in_file(file, "Anonymous:");
  return all - std::min(all, bytes_in_file(file, "LazyFree:"));
}

/// Blocks that are live together.
using Blocks = std::array<void*, most_blocks>;

[[nodiscard]] std::size_t blocks_of(std::size_t largest) {
  return std::clamp<std::size_t>(2 * bytes_of_a_thread / largest, 1, most_blocks);
}

/// Of as many sizes as there are blocks, the smallest first.
void take(const FunctionTable& table, std::size_t largest, Blocks& blocks) {
  const std::size_t count = blocks_of(largest);
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t size = std::max<std::size_t>(largest * (index + 1) / count, 1);
    void* const block = table.call({.function = Function::malloc, .size = size}).block;
    blocks[index] = block;
    if (block == nullptr) continue;
    for (std::size_t offset = 0; offset < size; offset += page)
      static_cast<volatile char*>(block)[offset] = 1;
  }
}

void free(const FunctionTable& table, std::span<void*> blocks) {
  for (void*& block : blocks) {
    if (block != nullptr) (void)table.call({.function = Function::free, .block = block});
    block = nullptr;
  }
}

/// What a thread does, so many times.
struct Life {
  const FunctionTable* table;
  std::size_t largest;
  std::uint64_t rounds;
  FreedBy freed_by = FreedBy::itself;
};

void* live(void* argument) {
  const Life& life = *static_cast<const Life*>(argument);
  Blocks blocks{};
  for (std::uint64_t round = 0; round < life.rounds; ++round) {
    take(*life.table, life.largest, blocks);
    free(*life.table, blocks);
  }
  return nullptr;
}

/// Blocks that one of two threads takes, and the other frees for the most part.
struct Handed {
  const FunctionTable* table;
  std::size_t largest;
  bool first_takes;      ///< the first thread, not the one that is born
  std::size_t by_other;  ///< as many of the blocks the other thread frees
  Blocks blocks{};

  void free_share(bool of_other) {
    const std::span<void*> all = blocks;
    free(*table, of_other ? all.first(by_other) : all.subspan(by_other));
  }
};

void* live_and_hand(void* argument) {
  Handed& handed = *static_cast<Handed*>(argument);
  // An allocator may know a thread by its first block only.
  std::array first = {handed.table->call({.function = Function::malloc, .size = 1}).block};
  free(*handed.table, first);
  if (!handed.first_takes) take(*handed.table, handed.largest, handed.blocks);
  handed.free_share(handed.first_takes);
  return nullptr;
}

/// Whether a thread was born; it has ended.
[[nodiscard]] bool live_and_end(void* (*lives)(void*), void* argument) {
  pthread_t thread{};
  return pthread_create(&thread, nullptr, lives, argument) == 0 && pthread_join(thread, nullptr) == 0;
}

/// The same, where the first thread and it free each other's blocks. The smaller half of them are always
/// freed by the other: an allocator may look after such blocks only when one is freed by its owner.
[[nodiscard]] bool hand_over(const Life& life, std::uint64_t number) {
  const std::size_t count = blocks_of(life.largest);
  const std::size_t always = (count + 1) / 2;
  Handed handed{.table = life.table,
                .largest = life.largest,
                .first_takes = number % 2 == 0,
                .by_other = always + number / 2 % (count - always + 1)};
  if (handed.first_takes) take(*life.table, life.largest, handed.blocks);
  const bool lived = live_and_end(live_and_hand, &handed);
  handed.free_share(!handed.first_takes);
  return lived;
}

/// By how much the process grew as so many threads lived; nothing where one was not born.
[[nodiscard]] std::optional<std::uint64_t> growth_by(Life life, std::uint64_t threads) {
  const std::uint64_t before = own_bytes();
  for (std::uint64_t each = 0; each < threads; ++each) {
    const bool alone = life.freed_by == FreedBy::itself;
    if (!(alone ? live_and_end(live, &life) : hand_over(life, each))) return std::nullopt;
  }
  const std::uint64_t after = own_bytes();
  return after - std::min(before, after);
}

}  // namespace

Growth generations(const FunctionTable& table, std::uint64_t threads, std::size_t size, FreedBy freed_by) {
  constexpr std::uint64_t intervals = 16;
  constexpr std::uint64_t warming = 2;  ///< in these it may stay as it is
  threads = std::min(threads, act_bounds::generations);
  const std::uint64_t each = threads / intervals;
  if (each == 0 || !table.has(Function::malloc) || !table.has(Function::free)) return {};
  const std::size_t largest = std::clamp<std::size_t>(size, 1, most_bytes);
  const Life once{&table, largest, 1, freed_by};
  if (!growth_by({&table, largest, each}, 1)) return {};
  const auto alone = growth_by({&table, largest, threads / 2}, 1);
  if (!alone) return {};
  Growth growth{.least = ~std::uint64_t{0}, .most = 0, .alone = *alone};
  std::uint64_t earlier = 0;  ///< in the third quarter of the intervals
  std::uint64_t later = 0;    ///< in the last one
  for (std::uint64_t interval = 0; interval < intervals; ++interval) {
    const std::uint64_t grown = growth_by(once, each).value_or(0);
    if (interval >= warming && grown == 0) return {};
    if (interval < intervals / 2) continue;
    growth.least = std::min(growth.least, grown);
    growth.most = std::max(growth.most, grown);
    (interval < intervals * 3 / 4 ? earlier : later) += grown;
  }
  // What grows less and less comes to an end: it is kept, not lost.
  return later < earlier - earlier / 8 ? Growth{} : growth;
}

}  // namespace poolhammer::worker
