#include "harness/run/against.hpp"

#include <algorithm>
#include <vector>

#include "harness/oracles/shadow_heap.hpp"
#include "harness/run/finding_at.hpp"
#include "harness/run/placements.hpp"
#include "harness/run/planned_call.hpp"
#include "harness/run/slot_table.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using MaybeComplaint = std::optional<Complaint>;

/// Both are asked by the functions that every allocator has.
[[nodiscard]] bool is_plain(OperationKind kind) {
  return kind == OperationKind::malloc || kind == OperationKind::calloc || kind == OperationKind::realloc ||
         kind == OperationKind::free;
}

/// One of the two, with its client's side. Oracles about one alone name it.
class Side {
 public:
  Side(Subject& subject, const RunOptions& options)
      : subject_(subject),
        shadow_(subject, {.contents = options.contents, .judge = options.oracles.shadow}) {}

  [[nodiscard]] Subject& subject() { return subject_; }
  [[nodiscard]] ShadowBlock& slot(std::uint32_t number) { return slots_[number]; }
  [[nodiscard]] const ShadowHeap& shadow() const { return shadow_; }

  [[nodiscard]] MaybeComplaint admit(ShadowBlock& block, const PlannedCall& plan, void* address) {
    if (resizes(plan.call.function)) return mine(shadow_.reallocated(block, address, plan.total));
    return mine(shadow_.allocated(block, address, plan.total, plan.call.function == OperationKind::calloc));
  }
  [[nodiscard]] MaybeComplaint intact(const ShadowBlock& block) { return mine(shadow_.intact(block)); }
  [[nodiscard]] MaybeComplaint verify_all() const { return mine(shadow_.verify_all()); }

  [[nodiscard]] MaybeComplaint release(ShadowBlock& block) {
    void* const address = block.address;
    if (address != nullptr) {
      if (auto complaint = mine(shadow_.freed(block))) return complaint;
    }
    subject_.free(address);
    return std::nullopt;
  }

  /// Every slot ever used, in ascending order.
  [[nodiscard]] std::vector<ShadowBlock*> slots() {
    std::vector<ShadowBlock*> all;
    slots_.for_each([&](ShadowBlock& block) { all.push_back(&block); });
    return all;
  }

 private:
  [[nodiscard]] MaybeComplaint mine(MaybeComplaint complaint) const {
    if (complaint) {
      complaint->where =
          std::string(subject_.name()) + (complaint->where.empty() ? "" : ": ") + complaint->where;
    }
    return complaint;
  }

  Subject& subject_;
  ShadowHeap shadow_;
  SlotTable<ShadowBlock> slots_;
};

class Lockstep {
 public:
  Lockstep(const Trace& trace, Subject& subject, Subject& judge, Compare compare, const RunOptions& options)
      : trace_(trace), options_(options), left_(subject, options), right_(judge, options) {
    subject.reset();
    judge.reset();
    if (compare == Compare::placements) placements_.emplace(subject, judge);
  }

  [[nodiscard]] Verdict judge() {
    for (std::size_t i = 0; i < trace_.operations.size(); ++i) {
      const Operation& operation = trace_.operations[i];
      show(i);
      MaybeComplaint complaint = perform(operation);
      if (!complaint && options_.check_every != 0 && (i + 1) % options_.check_every == 0)
        complaint = full_check();
      if (complaint) return found(i, to_text(operation), std::move(*complaint));
      if (options_.progress_every != 0 && (i + 1) % options_.progress_every == 0) options_.progress(i + 1);
    }
    const std::size_t end = trace_.operations.size();
    show(end);
    if (auto complaint = full_check()) return found(end, std::string(finding_at_end), std::move(*complaint));
    if (options_.after_last_step) options_.after_last_step(left_.subject());
    if (options_.drain) {
      if (auto complaint = drain()) return found(end, std::string(finding_at_drain), std::move(*complaint));
    }
    return std::move(verdict_);
  }

 private:
  void show(std::size_t step) const {
    if (options_.step_shown_at != nullptr) options_.step_shown_at->store(step, std::memory_order_relaxed);
    if (step == options_.stop_at) poolhammer_stop();
  }

  [[nodiscard]] MaybeComplaint perform(const Operation& operation) {
    ++verdict_.statistics.operations;
    if (is_function(operation.kind)) return perform_call(operation);
    switch (operation.kind) {
      case OperationKind::check:
        return full_check();
      case OperationKind::fail_arenas:
      case OperationKind::fail_raw:
      case OperationKind::place:
      case OperationKind::domain:
      case OperationKind::hook:
        command(operation, left_.subject());
        command(operation, right_.subject());
        break;
      default:
        break;
    }
    return std::nullopt;
  }

  void command(const Operation& operation, Subject& subject) {
    if (operation.kind == OperationKind::place)
      return subject.place(static_cast<pymalloc::Placement>(operation.size));
    if (operation.kind == OperationKind::domain)
      return subject.use_domain(static_cast<pymalloc::Domain>(operation.size));
    if (operation.kind == OperationKind::hook) return subject.hook(operation.size != 0);
    refusals_commanded_ = true;
    if (operation.kind == OperationKind::fail_arenas) return subject.fail_arenas(operation.size);
    subject.fail_raw(operation.size);
  }

  [[nodiscard]] MaybeComplaint perform_call(const Operation& operation) {
    // Both tables know the same slots, also those of skipped steps: the drain goes through them side by side.
    ShadowBlock& mine = left_.slot(operation.slot);
    ShadowBlock& right = right_.slot(operation.slot);
    const auto plan =
        planned_call(operation, mine, {options_.memory_limit, left_.shadow().live_bytes()}, is_plain);
    if (plan && frees(plan->call.function)) return release(mine, right);
    if (plan) return request(*plan, mine, right);
    ++verdict_.statistics.skipped;
    return std::nullopt;
  }

  [[nodiscard]] static void* ask(FunctionCall call, Subject& subject, void* block) {
    call.block = block;
    return subject.call(call).block;
  }

  [[nodiscard]] MaybeComplaint request(const PlannedCall& plan, ShadowBlock& mine, ShadowBlock& right) {
    void* const old = mine.address;
    if (resizes(plan.call.function)) {
      if (auto complaint = left_.intact(mine)) return complaint;
      if (auto complaint = right_.intact(right)) return complaint;
    }
    void* const answer = ask(plan.call, left_.subject(), old);
    void* const others = ask(plan.call, right_.subject(), right.address);
    if (auto complaint = compare(plan, old, answer, others)) return complaint;
    if (auto complaint = left_.admit(mine, plan, answer)) return complaint;
    if (auto complaint = right_.admit(right, plan, others)) return complaint;
    count(answer);
    return (answer == nullptr) != (others == nullptr) ? release(mine, right) : std::nullopt;
  }

  /// What is seen of a request before the client writes into its block.
  [[nodiscard]] MaybeComplaint compare(const PlannedCall& plan, const void* old, const void* mine,
                                       const void* right) {
    if (!placements_) {
      const auto word = [](const void* answer) { return answer == nullptr ? "NULL" : "a block"; };
      if ((mine == nullptr) == (right == nullptr)) return std::nullopt;
      Subject& refuser = mine == nullptr ? left_.subject() : right_.subject();
      if (refusals_commanded_ && refuser.refusal_justified()) return std::nullopt;
      return Complaint{"against.answer", "", word(right), word(mine)};
    }
    if (auto complaint = placements_->requests()) return complaint;
    if (auto complaint = placements_->answers(mine, right)) return complaint;
    if (auto complaint = placements_->pool_of(mine, false)) return complaint;
    const bool moved = resizes(plan.call.function) && old != nullptr && mine != nullptr && mine != old;
    return moved ? placements_->pool_of(old, true) : std::nullopt;
  }

  [[nodiscard]] MaybeComplaint release(ShadowBlock& mine, ShadowBlock& right) {
    const void* const block = mine.address;
    if (auto complaint = left_.release(mine)) return complaint;
    if (auto complaint = right_.release(right)) return complaint;
    if (!placements_) return std::nullopt;
    if (auto complaint = placements_->requests()) return complaint;
    return block != nullptr ? placements_->pool_of(block, true) : std::nullopt;
  }

  void count(const void* answer) {
    RunStatistics& statistics = verdict_.statistics;
    if (answer == nullptr) ++statistics.refused;
    statistics.peak_live_blocks = std::max(statistics.peak_live_blocks, left_.shadow().live_blocks());
    statistics.peak_live_bytes = std::max(statistics.peak_live_bytes, left_.shadow().live_bytes());
  }

  [[nodiscard]] MaybeComplaint full_check() {
    ++verdict_.statistics.checks;
    if (placements_) {
      if (auto complaint = placements_->pools()) return complaint;
    }
    if (auto complaint = left_.verify_all()) return complaint;
    return right_.verify_all();
  }

  [[nodiscard]] MaybeComplaint drain() {
    const std::vector<ShadowBlock*> mine = left_.slots();
    const std::vector<ShadowBlock*> right = right_.slots();
    for (std::size_t i = 0; i < mine.size(); ++i) {
      if (mine[i]->address == nullptr) continue;
      if (auto complaint = release(*mine[i], *right[i])) return complaint;
    }
    return full_check();
  }

  [[nodiscard]] Verdict found(std::size_t index, std::string operation, Complaint complaint) {
    verdict_.finding = finding_at(trace_, index, std::move(operation), std::move(complaint));
    return std::move(verdict_);
  }

  const Trace& trace_;
  const RunOptions& options_;
  Side left_;
  Side right_;
  std::optional<Placements> placements_;
  bool refusals_commanded_ = false;
  Verdict verdict_;
};

}  // namespace

std::optional<std::string> placements_not_comparable(Subject& subject, Subject& judge) {
  for (Subject* const each : {&subject, &judge}) {
    if (each->view() == nullptr || each->journal() == nullptr)
      return std::string(each->name()) + " does not show its placements";
  }
  const ModelLayout mine = subject.view()->layout();
  const ModelLayout right = judge.view()->layout();
  if (mine.name == right.name) return std::nullopt;
  return std::string(subject.name()) + " has the layout " + std::string(mine.name) + ", " +
         std::string(judge.name()) + " has " + std::string(right.name);
}

Verdict run_against(const Trace& trace, Subject& subject, Subject& judge, Compare compare,
                    const RunOptions& options) {
  return Lockstep(trace, subject, judge, compare, options).judge();
}

}  // namespace poolhammer
