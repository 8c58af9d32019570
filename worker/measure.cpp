#include "worker/measure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/run/planned_call.hpp"
#include "worker/process_file.hpp"

namespace poolhammer::worker {
namespace {

constexpr std::size_t page = 4096;

/// A call whose slot is an index into a dense table, and that is not skipped.
struct Step {
  FunctionCall call;
  std::size_t slot;
  std::size_t total;
};

/// Which steps a run would skip is worked out beforehand, as if nothing were refused.
class Plan {
 public:
  Plan(std::span<const Operation> operations, const FunctionTable& table, std::uint64_t memory_limit)
      : table_(table), memory_limit_(memory_limit) {
    steps_.reserve(operations.size());
    for (const Operation& operation : operations) {
      if (is_function(operation.kind)) add(operation);
    }
  }

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  /// What frees each slot's block, if any is left.
  [[nodiscard]] const std::vector<OwnedBlock>& slots() const { return slots_; }

 private:
  void add(const Operation& operation) {
    const auto [known, is_new] = slot_of_.try_emplace(operation.slot, slots_.size());
    if (is_new) slots_.emplace_back();
    OwnedBlock& slot = slots_[known->second];
    const auto plan = planned_call(operation, slot, {memory_limit_, bytes_},
                                   [this](OperationKind kind) { return table_.has(kind); });
    if (!plan || !plan->calls) return;
    const Step step{without_empty_resize(*plan), known->second, plan->total};
    steps_.push_back(step);
    if (!allocates(step.call.function) && !frees(step.call.function)) return;
    bytes_ -= slot.address == nullptr ? 0 : slot.size;
    slot = {};
    if (frees(step.call.function)) return;
    // Any address stands for the block that will be there.
    slot = block_given(*plan, &slots_);
    bytes_ += plan->total;
  }

  const FunctionTable& table_;
  std::uint64_t memory_limit_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<std::uint32_t, std::size_t> slot_of_;
  std::vector<OwnedBlock> slots_;
  std::vector<Step> steps_;
};

void touch(void* block, std::uint64_t size) {
  if (block == nullptr) return;
  auto* const bytes = static_cast<volatile unsigned char*>(block);
  for (std::uint64_t offset = 0; offset < size; offset += page) bytes[offset] = 1;
}

void perform(const Step& step, const FunctionTable& table, void*& block) {
  FunctionCall call = step.call;
  if (call.block != nullptr) call.block = block;
  const bool gives = allocates(call.function);
  // A request that was refused leaves its slot empty; only a resize and a free take a null pointer then.
  if (call.function == OperationKind::malloc_usable_size && block == nullptr) return;
  void* const result = table.call(call).block;
  if (gives && result != nullptr) touch(block = result, step.total);
  if (frees(call.function)) block = nullptr;
}

[[nodiscard]] std::uint64_t status(std::string_view key) {
  return bytes_in_file("/proc/self/status", key);
}

/// The most that was resident counts from now on.
void forget_peak() {
  const int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!write(file, "5", 1);
  close(file);
}

[[nodiscard]] std::uint64_t above(std::uint64_t number, std::uint64_t base) {
  return number > base ? number - base : 0;
}

}  // namespace

std::uint64_t peak_resident_bytes() {
  return status("VmHWM:");
}

void measure(std::span<const Operation> operations, const FunctionTable& table, std::uint64_t memory_limit,
             library::Figures& figures) {
  const Plan plan(operations, table, memory_limit);
  std::vector<void*> blocks(plan.slots().size(), nullptr);
  forget_peak();
  const std::uint64_t before = status("VmRSS:");
  const auto start = std::chrono::steady_clock::now();
  for (const Step& step : plan.steps()) perform(step, table, blocks[step.slot]);
  const auto end = std::chrono::steady_clock::now();
  figures.operations = plan.steps().size();
  figures.nanoseconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
  figures.peak_resident = above(peak_resident_bytes(), before);
  for (std::size_t slot = 0; slot < blocks.size(); ++slot) {
    OwnedBlock left = plan.slots()[slot];
    left.address = static_cast<std::byte*>(blocks[slot]);
    const auto has = [&table](OperationKind kind) { return table.has(kind); };
    const auto plan_of_free = planned_call({.kind = plain_free(left.origin)}, left, {}, has);
    if (plan_of_free && plan_of_free->calls) (void)table.call(plan_of_free->call);
  }
  figures.resident_after = above(status("VmRSS:"), before);
}

}  // namespace poolhammer::worker
