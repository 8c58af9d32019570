#include <algorithm>
#include <bit>
#include <vector>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/target.hpp"
#include "harness/base/random.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/liveness.hpp"
#include "harness/trace/machine.hpp"
#include "harness/trace/mutate.hpp"
#include "harness/trace/sizes.hpp"

extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

namespace poolhammer::fuzz {
namespace {

std::size_t store(const Trace& trace, std::span<std::byte> out) {
  const std::vector<std::byte> bytes = encode(trace);
  if (bytes.size() > out.size()) return 0;
  std::ranges::copy(bytes, out.begin());
  return bytes.size();
}

/// Numbers the slots anew where they are far apart: a run keeps a table of them. Their order stays.
void close_ranks(Trace& trace) {
  const std::uint32_t end = first_fresh_slot(trace.operations);
  if (end / 4 <= trace.operations.size()) return;
  std::vector<std::uint32_t> slots;
  for (const Operation& operation : trace.operations) {
    if (operation.has_slot()) slots.push_back(operation.slot);
  }
  std::ranges::sort(slots);
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  for (Operation& operation : trace.operations) {
    if (!operation.has_slot()) continue;
    const auto rank = std::ranges::lower_bound(slots, operation.slot) - slots.begin();
    operation.slot = static_cast<std::uint32_t>(rank);
  }
}

void confine_size(Operation& operation, std::uint64_t most) {
  constexpr std::uint64_t grantable = largest_number / 2;
  const auto total = operation.bytes();
  if (!total || *total > grantable || *total <= most) return;
  // The remainder keeps the low bits, in which neighbouring inputs differ.
  const std::uint64_t elements = operation.has_count() ? operation.count : 1;
  operation.size %= std::max<std::uint64_t>(most / elements, 1);
  if (elements > most) operation.count = 1;
}

void confine_alignment(Operation& operation) {
  if (!operation.has_alignment()) return;
  constexpr std::uint64_t most = std::uint64_t{1} << 20U;
  const std::uint64_t least = operation.kind == OperationKind::posix_memalign ? sizeof(void*) : 1;
  operation.alignment = std::clamp<std::uint64_t>(std::bit_floor(operation.alignment), least, most);
  const std::uint64_t rest = operation.size % operation.alignment;
  if (operation.kind == OperationKind::aligned_alloc) operation.size -= rest;
}

/// Whether the act alone may take as long as thousands of calls.
[[nodiscard]] bool is_slow(OperationKind kind) {
  return has_crowd(kind) || kind == OperationKind::fork || kind == OperationKind::exhaust ||
         kind == OperationKind::recycle || has_generations(kind);
}

/// Of many such acts a program would be taken for a hang: the first few stay.
void keep_few_slow_acts(Trace& trace) {
  constexpr std::uint64_t most = 2;
  std::uint64_t acts = 0;
  std::erase_if(trace.operations,
                [&](const Operation& operation) { return is_slow(operation.kind) && ++acts > most; });
}

}  // namespace

const Breadth& breadth() {
  static const Breadth of_the_target = target.facts.breadth == nullptr ? Breadth() : target.facts.breadth();
  return of_the_target;
}

void confine(Trace& trace) {
  close_ranks(trace);
  keep_few_slow_acts(trace);
  const std::uint64_t most = std::max({largest_grantable_request, breadth().largest, breadth().huge});
  for (Operation& operation : trace.operations) {
    if (!allocates(operation.kind)) continue;
    confine_size(operation, most);
    confine_alignment(operation);
  }
}

void run_as_trace(std::span<const std::byte> input, void (*run)(const Trace&)) {
  Trace trace = decode(input);
  confine(trace);
  const std::vector<std::byte> canonical = encode(trace);
  const RunningInput running(InputForm::trace, canonical);
  run(trace);
}

std::size_t mutate_input(std::span<std::byte> buffer, std::size_t size, unsigned seed) {
  Random random(seed);
  const std::size_t max_operations = operations_in(buffer.size());
  // Bytes changed blindly reach what no mutation of a trace writes: strange kinds, headers, incomplete
  // records.
  const bool blindly = max_operations == 0 || random.chance(1, 8);
  if (blindly && LLVMFuzzerMutate != nullptr) {
    return LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(buffer.data()), size, buffer.size());
  }
  Trace trace = decode(buffer.first(size));
  mutate(trace, random, max_operations, breadth());
  const std::size_t stored = store(trace, buffer);
  return stored != 0 ? stored : size;
}

std::size_t cross_inputs(std::span<const std::byte> first, std::span<const std::byte> second,
                         std::span<std::byte> out, unsigned seed) {
  Random random(seed);
  // libFuzzer crosses over as often as it mutates, which is too often: 0 has it choose again.
  if (!random.chance(1, 4)) return 0;
  return store(crossover(decode(first), decode(second), random, operations_in(out.size())), out);
}

}  // namespace poolhammer::fuzz
