#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "allocator/arena_source.hpp"
#include "allocator/heap.hpp"
#include "allocator/layout.hpp"
#include "allocator/raw_allocator.hpp"
#include "bench/allocator_under_test.hpp"
#include "bench/replayable.hpp"
#include "harness/base/format_error.hpp"
#include "harness/base/random.hpp"
#include "harness/trace/file.hpp"

// The speed of the home allocator beside CPython's, glibc's and mimalloc, in one run. Two workloads:
//   pair/NAME    one free and one malloc, while 4096 blocks of 1 to 512 bytes live
//   trace/NAME   a whole recorded program from an empty heap to an empty heap (--trace=FILE)
namespace poolhammer::bench {
namespace {

constexpr std::size_t live_blocks = 4096;
constexpr std::size_t largest_block = 512;

/// One step: the block in `slot` is freed and a new one of `size` bytes takes its place.
struct Step {
  std::uint16_t slot;
  std::uint16_t size;
};

/// The same steps for every allocator, drawn before the clock runs. A power of two of them, and few enough
/// bytes to stay in a second-level cache.
constexpr std::size_t steps = 1U << 15U;

std::array<Step, steps> make_steps() {
  Random random(1);
  std::array<Step, steps> made{};
  for (Step& step : made) {
    step.slot = static_cast<std::uint16_t>(random.below(live_blocks));
    step.size = static_cast<std::uint16_t>(1 + random.below(largest_block));
  }
  return made;
}

/// A block in use is a block written to: its first byte.
void touch(void* block) {
  *static_cast<volatile std::byte*>(block) = std::byte{1};
}

/// One iteration is one pair; the rate is pairs a second.
template <class Allocator>
void replace_blocks(benchmark::State& state, Allocator& allocator) {
  static const std::array<Step, steps> sequence = make_steps();
  std::array<void*, live_blocks> blocks{};
  const auto replace = [&](const Step& step) {
    allocator.free(blocks[step.slot]);
    void* const block = allocator.malloc(step.size);
    touch(block);
    blocks[step.slot] = block;
  };
  // Once through before the clock starts: every slot holds a block, and the heap has its final size.
  for (std::size_t slot = 0; slot < live_blocks; ++slot) {
    replace({static_cast<std::uint16_t>(slot), sequence[slot].size});
  }
  for (const Step& step : sequence) replace(step);
  std::size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    replace(sequence[next]);
    next = (next + 1) % steps;
  }
  for (void* const block : blocks) allocator.free(block);
  state.SetItemsProcessed(state.iterations());
}

/// One iteration is the whole trace; the rate is calls a second.
void replay(benchmark::State& state, const AllocatorUnderTest& allocator, const Replayable& trace) {
  std::vector<void*> blocks(trace.slots);
  for ([[maybe_unused]] auto _ : state) {
    for (const Operation& call : trace.calls) {
      void*& block = blocks[call.slot];
      if (call.kind == OperationKind::free) {
        allocator.free(block);
        block = nullptr;
        continue;
      }
      if (call.kind == OperationKind::malloc) {
        block = allocator.malloc(call.size);
      } else if (call.kind == OperationKind::calloc) {
        block = allocator.calloc(call.count, call.size);
      } else {
        block = allocator.realloc(block, call.size);
      }
      if (block == nullptr) return state.SkipWithError("a request was refused: out of memory?");
      touch(block);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(trace.calls.size()));
}

/// The same heap, but the compiler sees its code at the call: what a C++ program pays that includes the
/// header.
void replace_blocks_inlined(benchmark::State& state) {
  static pymalloc::OsArenaSource source;
  static pymalloc::LibcRaw raw;
  static pymalloc::Heap<pymalloc::Modern, pymalloc::OsArenaSource> heap(source, raw);
  replace_blocks(state, heap);
}

/// Takes --trace=FILE out of the arguments: the rest is Google Benchmark's.
std::optional<std::string> take_trace_argument(int& count, char** arguments) {
  constexpr std::string_view option = "--trace=";
  std::optional<std::string> file;
  const auto is_ours = [&](const char* argument) {
    const std::string_view text = argument;
    if (!text.starts_with(option)) return false;
    file = text.substr(option.size());
    return true;
  };
  count = static_cast<int>(std::remove_if(arguments + 1, arguments + count, is_ours) - arguments);
  return file;
}

int run(int count, char** arguments) {
  const std::optional<std::string> file = take_trace_argument(count, arguments);
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;

  std::vector<AllocatorUnderTest> allocators = home_allocators();
  for (AllocatorUnderTest& peer : peer_allocators()) allocators.push_back(std::move(peer));
  for (const AllocatorUnderTest& allocator : allocators) {
    benchmark::RegisterBenchmark(("pair/" + allocator.name).c_str(),
                                 [&](benchmark::State& state) { replace_blocks(state, allocator); });
  }
  benchmark::RegisterBenchmark("pair/modern-inlined", replace_blocks_inlined);

  Replayable trace;
  if (file) {
    trace = make_replayable(read_trace(*file));
    for (const AllocatorUnderTest& allocator : allocators) {
      benchmark::RegisterBenchmark(("trace/" + allocator.name).c_str(),
                                   [&](benchmark::State& state) { replay(state, allocator, trace); });
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace poolhammer::bench

int main(int count, char** arguments) {
  try {
    return poolhammer::bench::run(count, arguments);
  } catch (const poolhammer::InputError& error) {
    fmt::print(stderr, "bench_speed: {}\n", error.what());
    return 2;
  }
}
