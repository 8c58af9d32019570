#include "worker/measure.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace poolhammer::library {
namespace {

constexpr std::size_t page = 4096;

/// A step whose slot is an index into a dense table, and that is not skipped.
struct Step {
  OperationKind kind;
  std::uint32_t count;
  std::size_t slot;
  std::uint64_t size;
};

/// Which steps a run would skip is worked out beforehand, as if nothing were refused.
class Plan {
 public:
  Plan(const Trace& trace, std::uint64_t memory_limit) : memory_limit_(memory_limit) {
    steps_.reserve(trace.operations.size());
    for (const Operation& operation : trace.operations) {
      if (operation.has_slot()) add(operation);
    }
  }

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  [[nodiscard]] std::size_t slots() const { return sizes_.size(); }

 private:
  void add(const Operation& operation) {
    const auto [known, is_new] = slot_of_.try_emplace(operation.slot, sizes_.size());
    if (is_new) {
      sizes_.push_back(0);
      live_.push_back(false);
    }
    const std::size_t slot = known->second;
    std::uint64_t total = operation.size;
    if (operation.has_count() && __builtin_mul_overflow(std::uint64_t{operation.count}, total, &total))
      return;
    const bool request = operation.kind != OperationKind::free;
    const bool resize = operation.kind == OperationKind::realloc;
    if (request && ((!resize && live_[slot]) || total > memory_limit_ - std::min(memory_limit_, bytes_)))
      return;
    bytes_ -= live_[slot] ? sizes_[slot] : 0;
    live_[slot] = request;
    sizes_[slot] = request ? total : 0;
    bytes_ += sizes_[slot];
    steps_.push_back({operation.kind, operation.count, slot, operation.size});
  }

  std::uint64_t memory_limit_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<std::uint32_t, std::size_t> slot_of_;
  std::vector<std::uint64_t> sizes_;
  std::vector<bool> live_;
  std::vector<Step> steps_;
};

void touch(void* block, std::uint64_t size) {
  if (block == nullptr) return;
  auto* const bytes = static_cast<volatile unsigned char*>(block);
  for (std::uint64_t offset = 0; offset < size; offset += page) bytes[offset] = 1;
}

void perform(const Step& step, const LibraryCalls& calls, void*& block) {
  switch (step.kind) {
    case OperationKind::malloc:
      block = calls.malloc(step.size);
      return touch(block, step.size);
    case OperationKind::calloc:
      block = calls.calloc(step.count, step.size);
      return touch(block, step.count * step.size);
    case OperationKind::realloc: {
      void* const result = calls.realloc(block, std::max<std::uint64_t>(step.size, 1));
      if (result == nullptr) return;
      block = result;
      return touch(block, step.size);
    }
    default:
      calls.free(block);
      block = nullptr;
  }
}

/// The number behind `key` in a line of /proc/self/status, in bytes. Allocates nothing.
[[nodiscard]] std::uint64_t status(std::string_view key) {
  std::array<char, 8192> text{};
  const int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text.data(), text.size());
  close(file);
  const std::string_view all(text.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
  const std::size_t line = all.find(key);
  if (line == std::string_view::npos) return 0;
  const std::size_t digits = all.find_first_of("0123456789", line);
  std::uint64_t kib = 0;
  if (digits != std::string_view::npos) std::from_chars(all.data() + digits, all.data() + all.size(), kib);
  return kib << 10U;
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

void measure(const Trace& trace, const LibraryCalls& calls, std::uint64_t memory_limit, Reply& reply) {
  const Plan plan(trace, memory_limit);
  std::vector<void*> blocks(plan.slots(), nullptr);
  forget_peak();
  const std::uint64_t before = status("VmRSS:");
  const auto start = std::chrono::steady_clock::now();
  for (const Step& step : plan.steps()) perform(step, calls, blocks[step.slot]);
  const auto end = std::chrono::steady_clock::now();
  reply.operations = plan.steps().size();
  reply.nanoseconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count());
  reply.peak_resident = above(status("VmHWM:"), before);
  for (void* const block : blocks) calls.free(block);
  reply.resident_after = above(status("VmRSS:"), before);
}

}  // namespace poolhammer::library
