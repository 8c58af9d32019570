// The steps of a program that are no call for a slot's block.
#include <algorithm>
#include <limits>
#include <utility>

#include "harness/oracles/thread_loss.hpp"
#include "harness/run/judged_subject.hpp"
#include "harness/trace/act_bounds.hpp"

namespace poolhammer {
namespace {

using Outcome = std::optional<Complaint>;

/// Whether a limit_memory() sets a limit, and does not lift one.
[[nodiscard]] bool limits(const Operation& operation) {
  return operation.size != std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

Outcome JudgedSubject::act(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::fail_arenas:
      around_.refusing = true;
      subject_.fail_arenas(operation.size);
      break;
    case OperationKind::fail_raw:
      around_.refusing = true;
      subject_.fail_raw(operation.size);
      break;
    case OperationKind::place:
      subject_.place(static_cast<pymalloc::Placement>(operation.size));
      break;
    case OperationKind::domain:
      subject_.use_domain(static_cast<pymalloc::Domain>(operation.size));
      break;
    case OperationKind::hook:
      subject_.hook(operation.size != 0);
      if (subject_.has_domains()) return near_own(nullptr);
      break;
    case OperationKind::fork:
      if (parent_) break;
      if (subject_.has_process() && subject_.act(operation).count != 0)
        begin_child();
      else
        passing_child_ = true;
      break;
    case OperationKind::child_ends:
      if (parent_) end_child();
      break;
    default:
      if (subject_.has_process()) return act_in_process(operation);
      if (operation.kind == OperationKind::exhaust) return exhaust(operation);
      if (operation.kind == OperationKind::release) return release_all();
  }
  return std::nullopt;
}

bool JudgedSubject::capacity_counts() const {
  return options_.oracles.contract && subject_.keeps_capacity() && !around_.refusing && !around_.limited &&
         shadow_.live_blocks() + exhausted_ == 0;
}

Outcome JudgedSubject::judge_room(const FunctionCall& call, std::size_t bytes, std::uint64_t blocks,
                                  bool refused) {
  const ChosenOracles chosen = options_.chosen();
  if (refused && chosen.wants(capacity_oracle)) {
    if (Outcome complaint = capacity_.filled(bytes, call.alignment, blocks)) return complaint;
  }
  if (!(options_.coalesces || subject_.coalesces()) || !chosen.wants(largest_oracle)) return std::nullopt;
  return room_.filled({call.function, bytes, call.alignment}, blocks, refused);
}

void JudgedSubject::forget_room() {
  capacity_.forget();
  room_.forget();
}

Outcome JudgedSubject::exhaust(const Operation& operation) {
  if (Outcome complaint = release_all()) return complaint;
  const bool counts = capacity_counts();
  Operation request = operation;
  request.kind = operation.by;
  request.count = 1;
  const std::uint64_t most = std::min<std::uint64_t>(act_bounds::times(operation), act_bounds::held);
  while (true) {
    ShadowBlock block;
    const auto plan = plan_for(canonical(request), block);
    if (!plan) return held_.empty() ? skip() : std::nullopt;
    const bool all = held_.size() == most;
    if (!all) {
      if (Outcome complaint = allocate(block, *plan)) return complaint;
    }
    if (block.address == nullptr)
      return counts ? judge_room(plan->call, plan->total, held_.size(), !all) : std::nullopt;
    held_.push_back(block);
  }
}

/// The last one first.
Outcome JudgedSubject::release_all() {
  while (!held_.empty()) {
    ShadowBlock block = held_.back();
    held_.pop_back();
    if (Outcome complaint = release(block, *plan_for({.kind = plain_free(block.origin)}, block)))
      return complaint;
  }
  return std::nullopt;
}

Outcome JudgedSubject::act_in_process(const Operation& operation) {
  if (operation.kind == OperationKind::exhaust || operation.kind == OperationKind::recycle)
    return calling_act(operation);
  const ActAnswer seen = subject_.act(operation);
  switch (operation.kind) {
    case OperationKind::limit_memory:
      around_.lifted = around_.limited && !limits(operation) && exhausted_ > 0;
      around_.limited = limits(operation);
      had_whole_ = 0;
      break;
    case OperationKind::release:
      around_.freed_alike = std::exchange(exhausted_, 0);
      around_.alone = false;
      break;
    case OperationKind::set_throwing_handler:
      around_.handler = false;
      around_.throws = operation.size == 0 ? Thrown::bad_alloc : Thrown::derived;
      break;
    case OperationKind::generations:
    case OperationKind::generations_hand_over:
      forget_room();
      had_whole_ = 0;
      return judge_growth(operation, seen.growth);
    case OperationKind::set_handler:
      around_.handler = true;
      around_.throws = Thrown::nothing;
      break;
    case OperationKind::misuse:
      lawless_ = true;
      break;
    case OperationKind::crowd:
    case OperationKind::crowd_forks:
    case OperationKind::crowd_with_heirs:
      forget_room();
      had_whole_ = 0;
      if (seen.nonzero && options_.chosen().wants("shadow.zeroed"))
        return Complaint{"shadow.zeroed", "", "blocks of calloc that are zero", "one that is not"};
      return seen.damaged ? damaged_crowd(operation.kind) : std::nullopt;
    default:
      break;
  }
  return std::nullopt;
}

Outcome JudgedSubject::judge_growth(const Operation& operation, const Growth& growth) const {
  const bool by_others = operation.kind == OperationKind::generations_hand_over;
  const bool asked = options_.chosen().wants(by_others ? loss_by_others_oracle : loss_oracle);
  if (!options_.oracles.contract || !asked) return std::nullopt;
  return lost_with_threads(growth, operation.count, by_others);
}

/// What threads that ran at once saw of their blocks.
Outcome JudgedSubject::damaged_crowd(OperationKind kind) const {
  const bool forks = kind == OperationKind::crowd_forks;
  const std::string oracle =
      std::string(contract_prefix) + (forks ? "fork.amid-threads" : "threads.concurrent");
  if (!options_.chosen().wants(oracle)) return std::nullopt;
  return Complaint{
      oracle, "", "every live block to hold what was written into it",
      forks ? "one did not, or a child did not end well in time" : "a block of a thread did not"};
}

/// Whether a call asks for what blocks that were freed gave room to.
bool JudgedSubject::is_like_the_freed(const FunctionCall& call) const {
  return call.function == freed_alike_.function && call.count == freed_alike_.count &&
         call.size == freed_alike_.size && call.alignment == freed_alike_.alignment;
}

/// What a request tells of those that come behind it.
void JudgedSubject::note_request(const FunctionCall& call, std::size_t total, bool met) {
  if (met) around_.granted = std::max(around_.granted, total);
  if (met && asks_alignment(call.function)) around_.aligned = std::max(around_.aligned, call.alignment);
  if (is_like_the_freed(call) && around_.freed_alike > 0)
    --around_.freed_alike;
  else if (met)
    around_.freed_alike = 0;  // the room is another's
}

/// Where the process's memory is limited, and all of it has been freed, the block that was given last would
/// be given again.
void JudgedSubject::note_room_for_last() {
  if (!around_.limited || !last_given_ || exhausted_ != 0 || shadow_.live_blocks() != 0) return;
  freed_alike_ = *last_given_;
  around_.freed_alike = 1;
  around_.alone = true;
}

/// Of many calls that are alike the last one is judged.
Outcome JudgedSubject::calling_act(const Operation& operation) {
  if (!subject_.has(operation.by)) return skip();
  last_error_ = std::exchange(next_error_, 0);
  const FunctionCall alike = call_of(operation);
  capacity_.given(alike.size, alike.alignment);
  const ActAnswer seen = subject_.act(operation);
  // Of fewer bytes than a chain needs, or of more than a program may take, none is asked for.
  if (!seen.called) return skip();
  const bool exhausts = operation.kind == OperationKind::exhaust;
  const bool all_freed = is_like_the_freed(seen.call) && around_.freed_alike == had_whole_;
  const std::uint64_t had_before = exhausts && all_freed ? had_whole_ : 0;
  had_whole_ = exhausts && seen.answer.block != nullptr ? seen.count : 0;
  freed_alike_ = seen.call;
  around_.freed_alike = exhausts ? 0 : seen.count;
  around_.alone = !exhausts;
  const bool counts = exhausts && capacity_counts();
  if (exhausts) exhausted_ = seen.count;
  FunctionCall call = seen.call;
  call.error = last_error_;
  if (counts) {
    if (Outcome complaint = judge_room(call, alike.size, seen.count, seen.answer.block == nullptr))
      return complaint;
  }
  Surroundings around = around_;
  around.had = seen.count;
  around.had_before = had_before;
  return judge({.call = call,
                .answer = seen.answer,
                .total = alike.size,
                .standard = subject_.standard(),
                .around = around});
}

void JudgedSubject::begin_child() {
  parent_.emplace(Parent{shadow_.state(), slots_.clone(), around_, next_error_});
  around_.in_child = true;
}

void JudgedSubject::end_child() {
  shadow_.go_back(std::move(parent_->heap));
  slots_ = std::move(parent_->slots);
  around_ = parent_->around;
  next_error_ = parent_->next_error;
  parent_.reset();
}

}  // namespace poolhammer
