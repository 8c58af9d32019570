#include "harness/run/runner.hpp"

#include <algorithm>
#include <limits>

#include "harness/oracles/shadow_heap.hpp"
#include "harness/run/slot_table.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

// Only ever one run at a time in a thread; a crash handler reads the one of the thread that crashed.
thread_local RunningStep current_step;

constexpr std::size_t largest_object = std::numeric_limits<std::ptrdiff_t>::max();

class Run {
 public:
  Run(const Trace& trace, Subject& subject, const RunOptions& options)
      : trace_(trace), subject_(subject), options_(options), shadow_(subject, options.contents) {
    current_step = {&trace, 0};
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { current_step = {}; }

  [[nodiscard]] Verdict judge() {
    subject_.reset();
    for (std::size_t i = 0; i < trace_.operations.size(); ++i) {
      current_step.index = i;
      const Operation& operation = trace_.operations[i];
      std::optional<Complaint> complaint = perform(operation);
      if (!complaint) complaint = scheduled_check(i + 1);
      if (complaint) return found(i, to_text(operation), std::move(*complaint));
      report_progress(i + 1);
    }
    current_step.index = trace_.operations.size();
    if (auto complaint = full_check()) return found_behind(finding_at_end, std::move(*complaint));
    if (options_.after_last_step) options_.after_last_step(subject_);
    if (options_.drain) {
      if (auto complaint = drain()) return found_behind(finding_at_drain, std::move(*complaint));
      if (const auto left = subject_.teardown()) {
        return found_behind(finding_at_teardown, {"teardown", "", "everything given back", *left});
      }
    }
    return std::move(verdict_);
  }

 private:
  [[nodiscard]] std::optional<Complaint> perform(const Operation& operation) {
    ++verdict_.statistics.operations;
    switch (operation.kind) {
      case OperationKind::malloc:
      case OperationKind::calloc:
        return allocate(operation);
      case OperationKind::realloc:
        return reallocate(operation);
      case OperationKind::free:
        return release(slots_[operation.slot]);
      case OperationKind::check:
        return full_check();
      case OperationKind::fail_arenas:
        subject_.fail_arenas(operation.size);
        break;
      case OperationKind::fail_raw:
        subject_.fail_raw(operation.size);
        break;
      case OperationKind::place:
        subject_.place(static_cast<pymalloc::Placement>(operation.size));
        break;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Complaint> allocate(const Operation& operation) {
    ShadowBlock& block = slots_[operation.slot];
    const bool zeroed = operation.kind == OperationKind::calloc;
    std::size_t total = operation.size;
    if (zeroed && __builtin_mul_overflow(std::size_t{operation.count}, operation.size, &total)) {
      total = std::numeric_limits<std::size_t>::max();
    }
    if (block.address != nullptr || over_memory_limit(total)) return skip();
    void* const address =
        zeroed ? subject_.calloc(operation.count, operation.size) : subject_.malloc(operation.size);
    return after(address, shadow_.allocated(block, address, total, zeroed));
  }

  [[nodiscard]] std::optional<Complaint> reallocate(const Operation& operation) {
    ShadowBlock& block = slots_[operation.slot];
    if (over_memory_limit(operation.size)) return skip();
    if (auto complaint = shadow_.intact(block)) return complaint;
    void* const address = subject_.realloc(block.address, operation.size);
    return after(address, shadow_.reallocated(block, address, operation.size));
  }

  [[nodiscard]] std::optional<Complaint> release(ShadowBlock& block) {
    void* const address = block.address;
    if (address != nullptr) {
      if (auto complaint = shadow_.freed(block)) return complaint;
    }
    subject_.free(address);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Complaint> skip() {
    ++verdict_.statistics.skipped;
    return std::nullopt;
  }

  [[nodiscard]] bool over_memory_limit(std::size_t size) const {
    return size <= largest_object &&
           size > options_.memory_limit - std::min(options_.memory_limit, shadow_.live_bytes());
  }

  [[nodiscard]] std::optional<Complaint> after(const void* address, std::optional<Complaint> complaint) {
    RunStatistics& statistics = verdict_.statistics;
    if (address == nullptr) ++statistics.refused;
    statistics.peak_live_blocks = std::max(statistics.peak_live_blocks, shadow_.live_blocks());
    statistics.peak_live_bytes = std::max(statistics.peak_live_bytes, shadow_.live_bytes());
    return complaint;
  }

  [[nodiscard]] std::optional<Complaint> scheduled_check(std::size_t done) {
    if (options_.check_every == 0 || done % options_.check_every != 0) return std::nullopt;
    return full_check();
  }

  [[nodiscard]] std::optional<Complaint> full_check() {
    ++verdict_.statistics.checks;
    if (options_.invariants) {
      if (const auto violation = subject_.check()) {
        return Complaint{"invariant." + std::string(violation->invariant),
                         pymalloc::to_string(violation->where), violation->expected, violation->found};
      }
    }
    return shadow_.verify_all();
  }

  /// Frees what is left, and judges what remains then.
  [[nodiscard]] std::optional<Complaint> drain() {
    std::optional<Complaint> complaint;
    slots_.for_each([&](ShadowBlock& block) {
      if (!complaint && block.address != nullptr) complaint = release(block);
    });
    if (complaint) return complaint;
    if (auto broken = full_check()) return broken;
    const auto remains = subject_.remains();
    if (!remains) return std::nullopt;
    if (remains->used_pools != 0) {
      return Complaint{"drain.pools", "", "no pool in use", std::to_string(remains->used_pools)};
    }
    if (remains->arenas > remains->arenas_allowed) {
      return Complaint{"drain.arenas", "",
                       "at most " + std::to_string(remains->arenas_allowed) + " arenas kept",
                       std::to_string(remains->arenas)};
    }
    if (remains->raw_blocks != 0) {
      return Complaint{"drain.raw-blocks", "", "no block of the raw allocator left",
                       std::to_string(remains->raw_blocks)};
    }
    return std::nullopt;
  }

  void report_progress(std::uint64_t done) const {
    if (options_.progress_every != 0 && done % options_.progress_every == 0) options_.progress(done);
  }

  [[nodiscard]] Verdict found(std::size_t index, std::string operation, Complaint complaint) {
    verdict_.finding = Finding{std::move(complaint.oracle),   index,
                               std::move(operation),          std::move(complaint.where),
                               std::move(complaint.expected), std::move(complaint.found)};
    return std::move(verdict_);
  }

  [[nodiscard]] Verdict found_behind(std::string_view what, Complaint complaint) {
    return found(trace_.operations.size(), std::string(what), std::move(complaint));
  }

  const Trace& trace_;
  Subject& subject_;
  const RunOptions& options_;
  ShadowHeap shadow_;
  SlotTable slots_;
  Verdict verdict_;
};

}  // namespace

Verdict run(const Trace& trace, Subject& subject, const RunOptions& options) {
  return Run(trace, subject, options).judge();
}

const RunningStep& running_step() noexcept {
  return current_step;
}

}  // namespace poolhammer
