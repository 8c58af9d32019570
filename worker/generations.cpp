#include "worker/generations.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <optional>

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

/// What a thread does, so many times.
struct Life {
  const FunctionTable* table;
  std::size_t largest;
  std::uint64_t rounds;
};

void take_and_free(const FunctionTable& table, std::size_t largest) {
  std::array<void*, most_blocks> blocks{};
  const std::size_t count = std::clamp<std::size_t>(2 * bytes_of_a_thread / largest, 1, most_blocks);
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t size = std::max<std::size_t>(largest * (index + 1) / count, 1);
    void* const block = table.call({.function = Function::malloc, .size = size}).block;
    blocks[index] = block;
    if (block == nullptr) continue;
    for (std::size_t offset = 0; offset < size; offset += page)
      static_cast<volatile char*>(block)[offset] = 1;
  }
  for (void* const block : blocks) {
    if (block != nullptr) (void)table.call({.function = Function::free, .block = block});
  }
}

void* live(void* argument) {
  const Life& life = *static_cast<const Life*>(argument);
  for (std::uint64_t round = 0; round < life.rounds; ++round) take_and_free(*life.table, life.largest);
  return nullptr;
}

/// Whether a thread was born; it has ended.
[[nodiscard]] bool live_and_end(Life life) {
  pthread_t thread{};
  return pthread_create(&thread, nullptr, live, &life) == 0 && pthread_join(thread, nullptr) == 0;
}

/// By how much the process grew as so many threads lived; nothing where one was not born.
[[nodiscard]] std::optional<std::uint64_t> growth_by(const Life& life, std::uint64_t threads) {
  const std::uint64_t before = own_bytes();
  for (std::uint64_t each = 0; each < threads; ++each) {
    if (!live_and_end(life)) return std::nullopt;
  }
  const std::uint64_t after = own_bytes();
  return after - std::min(before, after);
}

}  // namespace

Growth generations(const FunctionTable& table, std::uint64_t threads, std::size_t size) {
  constexpr std::uint64_t intervals = 16;
  constexpr std::uint64_t warming = 2;  ///< in these it may stay as it is
  threads = std::min(threads, act_bounds::generations);
  const std::uint64_t each = threads / intervals;
  if (each == 0 || !table.has(Function::malloc) || !table.has(Function::free)) return {};
  const std::size_t largest = std::clamp<std::size_t>(size, 1, most_bytes);
  const Life once{&table, largest, 1};
  if (!live_and_end({&table, largest, each})) return {};
  const auto alone = growth_by({&table, largest, threads / 2}, 1);
  if (!alone) return {};
  Growth growth{.least = ~std::uint64_t{0}, .most = 0, .alone = *alone};
  for (std::uint64_t interval = 0; interval < intervals; ++interval) {
    const std::uint64_t grown = growth_by(once, each).value_or(0);
    if (interval >= warming && grown == 0) return {};
    if (interval < intervals / 2) continue;
    growth.least = std::min(growth.least, grown);
    growth.most = std::max(growth.most, grown);
  }
  return growth;
}

}  // namespace poolhammer::worker
