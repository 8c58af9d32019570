#include "worker/coverage.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "harness/library/board.hpp"

namespace poolhammer::worker {
namespace {

/// The counters of a module that keeps them itself.
struct Inline {
  std::uint8_t* begin = nullptr;
  std::uint8_t* end = nullptr;
};

// A library calls in before main, and from any thread. Counters are changed without an atomic operation: a
// count that is lost now and then costs less than it would.
struct Edges {
  std::array<std::uint8_t, library::most_coverage> counters;
  std::uint32_t guards;  ///< numbered so far; guard 0 is none
  std::array<Inline, 64> modules;
  std::size_t module_count;
};
constinit Edges edges = {};

/// A set of numbers, to which any thread adds. When it is nearly full, some are left out.
class Constants {
 public:
  void add(std::uint64_t value) {
    if (value < least || value > most) return;
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;
    for (std::size_t place = (value * golden) >> 54U, tries = 0; tries < 16; ++tries, ++place) {
      std::atomic<std::uint64_t>& entry = entries_[place % entries_.size()];
      std::uint64_t none = 0;
      if (entry.load(std::memory_order_relaxed) == value || entry.compare_exchange_strong(none, value))
        return;
      if (none == value) return;
    }
  }

  [[nodiscard]] std::size_t copy(std::span<std::uint64_t> values) const {
    std::size_t count = 0;
    for (const auto& entry : entries_) {
      const std::uint64_t value = entry.load(std::memory_order_relaxed);
      if (value != 0 && count < values.size()) values[count++] = value;
    }
    std::sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

 private:
  // Smaller ones are flags and states, larger ones addresses and masks.
  static constexpr std::uint64_t least = 16;
  static constexpr std::uint64_t most = std::uint64_t{1} << 38U;

  std::array<std::atomic<std::uint64_t>, 1024> entries_{};
};
constinit Constants constants;

}  // namespace

std::size_t copy_constants(std::span<std::uint64_t> values) {
  return constants.copy(values);
}

void clear_coverage() {
  std::fill_n(edges.counters.begin(), edges.guards + 1, std::uint8_t{0});
  for (std::size_t number = 0; number < edges.module_count; ++number)
    std::fill(edges.modules[number].begin, edges.modules[number].end, std::uint8_t{0});
}

std::size_t copy_coverage(std::span<std::uint8_t> counters) {
  std::size_t written = 0;
  const auto copy = [&](const std::uint8_t* begin, const std::uint8_t* end) {
    const std::size_t size = std::min(static_cast<std::size_t>(end - begin), counters.size() - written);
    std::copy_n(begin, size, counters.begin() + static_cast<std::ptrdiff_t>(written));
    written += size;
  };
  if (edges.guards > 0) copy(edges.counters.data() + 1, edges.counters.data() + edges.guards + 1);
  for (std::size_t number = 0; number < edges.module_count; ++number)
    copy(edges.modules[number].begin, edges.modules[number].end);
  return written;
}

}  // namespace poolhammer::worker

// SanitizerCoverage: what instrumented code calls. Those that do nothing are there so that code built for a
// fuzzing engine loads.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): names that the compiler gives.
using poolhammer::worker::constants;
using poolhammer::worker::edges;

#pragma GCC visibility push(default)
extern "C" {
void __sanitizer_cov_trace_pc_guard_init(std::uint32_t* start, const std::uint32_t* stop) {
  if (start == stop || *start != 0) return;
  for (std::uint32_t* guard = start; guard < stop; ++guard)
    *guard = edges.guards + 1 < edges.counters.size() ? ++edges.guards : 0;
}
void __sanitizer_cov_trace_pc_guard(const std::uint32_t* guard) {
  if (*guard == 0) return;
  std::uint8_t& counter = edges.counters[*guard];
  if (counter < 255) ++counter;
}
void __sanitizer_cov_8bit_counters_init(std::uint8_t* start, std::uint8_t* stop) {
  if (start == stop || edges.module_count == edges.modules.size()) return;
  edges.modules[edges.module_count++] = {start, stop};
}
void __sanitizer_cov_pcs_init(const std::uintptr_t* /*begin*/, const std::uintptr_t* /*end*/) {}
void __sanitizer_cov_trace_pc_indir(std::uintptr_t /*callee*/) {}
void __sanitizer_cov_trace_cmp1(std::uint8_t /*a*/, std::uint8_t /*b*/) {}
void __sanitizer_cov_trace_cmp2(std::uint16_t /*a*/, std::uint16_t /*b*/) {}
void __sanitizer_cov_trace_cmp4(std::uint32_t /*a*/, std::uint32_t /*b*/) {}
void __sanitizer_cov_trace_cmp8(std::uint64_t /*a*/, std::uint64_t /*b*/) {}
void __sanitizer_cov_trace_const_cmp1(std::uint8_t /*a*/, std::uint8_t /*b*/) {}
void __sanitizer_cov_trace_const_cmp2(std::uint16_t constant, std::uint16_t /*b*/) {
  constants.add(constant);
}
void __sanitizer_cov_trace_const_cmp4(std::uint32_t constant, std::uint32_t /*b*/) {
  constants.add(constant);
}
void __sanitizer_cov_trace_const_cmp8(std::uint64_t constant, std::uint64_t /*b*/) {
  constants.add(constant);
}
/// The number of cases, the bits of a value, and the cases.
void __sanitizer_cov_trace_switch(std::uint64_t /*value*/, const std::uint64_t* cases) {
  for (std::uint64_t number = 0; number < cases[0]; ++number) constants.add(cases[2 + number]);
}
void __sanitizer_cov_trace_div4(std::uint32_t /*value*/) {}
void __sanitizer_cov_trace_div8(std::uint64_t /*value*/) {}
void __sanitizer_cov_trace_gep(std::uintptr_t /*index*/) {}
}
#pragma GCC visibility pop
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
