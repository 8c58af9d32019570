#include "harness/run/judged_subject.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "harness/oracles/call_clauses.hpp"
#include "harness/oracles/poisoned_bytes.hpp"
#include "harness/subjects/heap_view.hpp"

namespace poolhammer {
namespace {

using Outcome = std::optional<Complaint>;

/// Blocks whose usable size is asked for at a check point.
constexpr std::size_t most_asked = 64;

[[nodiscard]] Outcome to_complaint(const std::optional<pymalloc::Violation>& violation) {
  if (!violation) return std::nullopt;
  return Complaint{"invariant." + std::string(violation->invariant), pymalloc::to_string(violation->where),
                   violation->expected, violation->found};
}

}  // namespace

JudgedSubject::JudgedSubject(Subject& subject, const RunOptions& options)
    : subject_(subject),
      options_(options),
      shadow_(subject, {.contents = options.contents,
                        .judge = options.oracles.shadow,
                        .first_block = options.first_block,
                        .chosen = options.chosen()}) {
  subject_.reset();
  around_.bounded = subject_.bounded();
  const Oracles& oracles = options.oracles;
  if (oracles.shadow || oracles.model || oracles.poison) journal_ = subject.journal();
  if (journal_ == nullptr) return;
  journal_->open(true);
  const HeapView* const view = subject.view();
  const bool poison = oracles.poison && poison_is_visible() && view != nullptr && view->poisons();
  if (view == nullptr || !(oracles.model || poison)) return;
  model_.emplace(view->layout(), model_memory_);
  if (poison) poison_.emplace(*model_, model_memory_);
}

JudgedSubject::~JudgedSubject() {
  if (journal_ != nullptr) journal_->open(false);
}

Outcome JudgedSubject::perform(const Operation& operation) {
  ++statistics_.operations;
  if (lawless_) return std::nullopt;
  if (passing_child_) {
    passing_child_ = operation.kind != OperationKind::child_ends;
    return std::nullopt;
  }
  if (operation.has_thread()) subject_.use_thread(operation.thread);
  around_.born_in_child = around_.in_child && operation.thread != 0;
  around_.in_signal_handler = of_signal(operation.context) && subject_.has_process();
  around_.in_destructor = operation.context == Context::destructor && subject_.has_process();
  // What a thread keeps for itself is no room for another.
  if (operation.thread != 0) forget_room();
  if (is_function(operation.kind)) return perform_call(operation);
  if (operation.has_own()) return own(operation);
  switch (operation.kind) {
    case OperationKind::fill:
    case OperationKind::fill_usable:
      return refill(slots_[operation.slot]);
    case OperationKind::end_thread:
      subject_.end_thread(operation.thread);
      break;
    case OperationKind::set_errno:
      next_error_ = static_cast<int>(operation.size);
      break;
    case OperationKind::check:
      return check();
    default:
      return act(operation);
  }
  return std::nullopt;
}

Outcome JudgedSubject::perform_call(const Operation& operation) {
  ShadowBlock& block = slots_[operation.slot];
  const auto plan = plan_for(operation, block);
  if (!plan) return skip();
  if (resizes(plan->call.function)) return reallocate(block, *plan);
  if (allocates(plan->call.function)) return allocate(block, *plan);
  if (frees(plan->call.function)) return release(block, *plan);
  begin_call();
  const Answer answer = call(plan->call);
  if (Outcome complaint = judge(*plan, answer, &block)) return complaint;
  return judge_usable_size(block, static_cast<std::size_t>(answer.value));
}

/// A block of a pool has the bytes of its class, and all of them are its owner's once it asked; no block has
/// none.
Outcome JudgedSubject::judge_usable_size(const ShadowBlock& block, std::size_t usable) {
  if (!model_) return std::nullopt;
  const auto pool = model_->pool_of(reinterpret_cast<std::uintptr_t>(block.address));
  if (options_.oracles.model) {
    // A block of no pool is the raw allocator's, which tells the subject.
    const std::size_t due = pool ? model_->layout().block_size(*model_->state().pool(*pool).size_class)
                            : block.address == nullptr ? std::size_t{0}
                                                       : subject_.block_size(block.address).value_or(usable);
    if (usable != due)
      return Complaint{"model.usable-size", subject_.locate(block.address),
                       "a usable size of " + std::to_string(due) + ", the block's", std::to_string(usable)};
  }
  if (!poison_ || block.address == nullptr) return std::nullopt;
  poison_->told_usable(block.address, usable);
  return poison_->near(block.address);
}

std::optional<PlannedCall> JudgedSubject::plan_for(const Operation& operation,
                                                   const ShadowBlock& block) const {
  // Whose blocks lie in another process takes its memory from the system.
  const bool touched_only = subject_.remote_bytes() != nullptr;
  const std::uint64_t live =
      touched_only ? shadow_.live_touched_bytes() : shadow_.live_bytes() - shadow_.live_reserved_bytes();
  return planned_call(operation, block, {options_.memory_limit, live, touched_only, subject_.reserves_from()},
                      [this](OperationKind kind) { return subject_.has(kind); });
}

Answer JudgedSubject::call(FunctionCall call) {
  call.error = std::exchange(next_error_, 0);
  last_error_ = call.error;
  return subject_.call(call);
}

/// What the contract says of the call alone.
Outcome JudgedSubject::judge(const PlannedCall& plan, const Answer& answer, const ShadowBlock* block) {
  if (!options_.oracles.contract) return std::nullopt;
  FunctionCall call = plan.call;
  call.error = last_error_;
  std::optional<std::size_t> usable;
  if (call.function == OperationKind::pvalloc && answer.block != nullptr &&
      subject_.has(OperationKind::malloc_usable_size))
    usable = subject_.block_size(answer.block);
  return judge({.call = call,
                .answer = answer,
                .total = plan.total,
                .block = block,
                .standard = subject_.standard(),
                .usable = usable,
                .around = around_});
}

Outcome JudgedSubject::judge(const ObservedCall& observed) {
  if (!options_.oracles.contract) return std::nullopt;
  ObservedCall seen = observed;
  if (!is_like_the_freed(observed.call)) {
    seen.around.freed_alike = 0;
    seen.around.lifted = false;
  }
  Outcome complaint = judge_call(seen, options_.chosen());
  if (observed.answer.handled > 0) around_.handler = false;
  if (observed.answer.handled > 0) around_.throws = Thrown::nothing;
  if (allocates(observed.call.function))
    note_request(observed.call, observed.total, observed.answer.block != nullptr);
  return complaint;
}

// The order of the judges: first what is known without touching memory (is the address acceptable, is it the
// one that the policy gives, were the calls below the right ones), then what stands around the block, then
// what the operation should have left behind. What a block holds comes last, as looking at it may end the
// process.

Outcome JudgedSubject::allocate(ShadowBlock& block, const PlannedCall& plan) {
  begin_call();
  const Answer answer = call(plan.call);
  if (Outcome complaint =
          shadow_.admitted(block, answer.block, plan.total, promised_alignment(plan.call),
                           owed_by_size(plan.call, plan.total, subject_.owed_alignment(plan.total))))
    return complaint;
  block.origin = plan.call.function;
  count(answer.block);
  if (answer.block != nullptr) capacity_.given(plan.total, plan.call.alignment);
  if (Outcome complaint = judge(plan, answer, &block)) return complaint;
  if (answer.block != nullptr) last_given_ = plan.call;
  const bool zeroed = plan.call.function == OperationKind::calloc;
  if (model_) {
    if (Outcome complaint = of_model(
            zeroed ? model_->calloc(plan.call.count, plan.call.size, answer.block, journal_->entries())
                   : model_->malloc(plan.call.size, answer.block, journal_->entries())))
      return complaint;
  }
  if (Outcome complaint = near(answer.block)) return complaint;
  if (Outcome complaint = compare()) return complaint;
  if (poison_) {
    poison_->given(answer.block, plan.total);
    if (Outcome complaint = poison_->near(answer.block)) return complaint;
  }
  return shadow_.filled(block, zeroed);
}

Outcome JudgedSubject::reallocate(ShadowBlock& block, const PlannedCall& plan) {
  if (Outcome complaint = shadow_.intact(block)) return complaint;
  const ShadowBlock old = block;
  shadow_.prepare_resize(block, plan.total);
  begin_call();
  const Answer answer = call(plan.call);
  // The shadow heap is about to look at the bytes of a block that stayed where it was.
  if (poison_ && answer.block == nullptr) {
    if (Outcome complaint = poison_->open(old.address)) return complaint;
  }
  if (Outcome complaint = shadow_.moved(block, answer.block, plan.total)) return complaint;
  if (answer.block != nullptr) block.origin = plan.call.function;
  last_given_.reset();
  count(answer.block);
  if (answer.block != nullptr) capacity_.given(plan.total, plan.call.alignment);
  if (Outcome complaint = judge(plan, answer, &block)) return complaint;
  if (model_) {
    if (Outcome complaint =
            of_model(model_->realloc(old.address, plan.total, answer.block, journal_->entries())))
      return complaint;
  }
  if (Outcome complaint = near(answer.block)) return complaint;
  if (old.address != answer.block) {
    if (Outcome complaint = near(old.address)) return complaint;
  }
  if (Outcome complaint = compare()) return complaint;
  if (Outcome complaint = poison_after_realloc(old.address, answer.block, plan.total)) return complaint;
  return answer.block == nullptr ? std::nullopt : shadow_.kept(block, old);
}

Outcome JudgedSubject::release(ShadowBlock& block, const PlannedCall& plan) {
  void* const address = block.address;
  if (address != nullptr) {
    if (Outcome complaint = shadow_.freed(block)) return complaint;
  }
  if (!plan.calls) return std::nullopt;
  begin_call();
  const Answer answer = call(plan.call);
  if (Outcome complaint = judge(plan, answer, nullptr)) return complaint;
  if (address != nullptr) note_room_for_last();
  if (model_) {
    if (Outcome complaint = of_model(model_->free(address, journal_->entries()))) return complaint;
  }
  if (Outcome complaint = near(address)) return complaint;
  if (Outcome complaint = compare()) return complaint;
  return poison_ ? poison_->taken(address) : std::nullopt;
}

Outcome JudgedSubject::poison_after_realloc(const void* old, const void* block, std::size_t size) {
  if (!poison_) return std::nullopt;
  if (block == nullptr) return poison_->near(old);
  poison_->given(block, size);
  if (block != old) {
    if (Outcome complaint = poison_->taken(old)) return complaint;
  }
  return poison_->near(block);
}

Outcome JudgedSubject::refill(const ShadowBlock& block) {
  if (Outcome complaint = shadow_.intact(block)) return complaint;
  shadow_.refill(block);
  return std::nullopt;
}

void JudgedSubject::begin_call() {
  around_.live_blocks = shadow_.live_blocks() + exhausted_;
  if (journal_ != nullptr) journal_->clear();
}

Outcome JudgedSubject::near(const void* block) {
  if (!options_.oracles.local || block == nullptr) return std::nullopt;
  return to_complaint(subject_.check_near(block));
}

Outcome JudgedSubject::near_own(const void* block) {
  return options_.oracles.local ? to_complaint(subject_.check_near(block)) : std::nullopt;
}

Outcome JudgedSubject::compare() {
  return model_ && options_.oracles.model ? model_->compare_touched(*subject_.view()) : std::nullopt;
}

/// What the model says of a step. Where it keeps books for others alone and the heap goes its own way, they
/// are of no use any more.
Outcome JudgedSubject::of_model(Outcome complaint) {
  if (!complaint || options_.oracles.model) return complaint;
  poison_.reset();
  model_.reset();
  return std::nullopt;
}

Outcome JudgedSubject::skip() {
  ++statistics_.skipped;
  return std::nullopt;
}

/// After the shadow heap's own account.
void JudgedSubject::count(const void* answer) {
  if (answer == nullptr) ++statistics_.refused;
  statistics_.peak_live_blocks = std::max(statistics_.peak_live_blocks, shadow_.live_blocks());
  statistics_.peak_live_bytes = std::max(statistics_.peak_live_bytes, shadow_.live_bytes());
}

Outcome JudgedSubject::check_at_end() {
  // A child whose end the program does not name ends with it.
  if (parent_) end_child();
  passing_child_ = false;
  return check();
}

Outcome JudgedSubject::check() {
  ++statistics_.checks;
  // Amid the steps of a child that was not to be had nobody looked.
  if (lawless_ || passing_child_) return std::nullopt;
  if (options_.oracles.invariants) {
    if (Outcome complaint = to_complaint(subject_.check())) return complaint;
  }
  if (poison_) {
    if (Outcome complaint = poison_->everything()) return complaint;
  }
  if (Outcome complaint = shadow_.verify_all()) return complaint;
  if (Outcome complaint = compare_all()) return complaint;
  return ask_usable_sizes();
}

Outcome JudgedSubject::compare_all() {
  if (!model_ || !options_.oracles.model) return std::nullopt;
  const HeapView& view = *subject_.view();
  if (Outcome complaint = model_->compare_all(view)) return complaint;
  // The blocks of clients, also those that the raw allocator gave.
  Outcome first;
  const std::byte* where = nullptr;
  shadow_.for_each_live([&](const ShadowBlock& block) {
    if (first && block.address > where) return;
    const auto begin = reinterpret_cast<std::uintptr_t>(block.address);
    for (const std::uintptr_t address : {begin, begin + std::max<std::size_t>(block.size, 1) - 1}) {
      Outcome complaint = model_->compare_ownership(view, address);
      if (!complaint) continue;
      first = std::move(complaint);
      where = block.address;
      return;
    }
  });
  return first;
}

/// As owners do who want to use a block's slack: it is theirs from then on. Every other block keeps its own,
/// but for the few that are mere addresses.
Outcome JudgedSubject::ask_usable_sizes() {
  constexpr OperationKind function = OperationKind::malloc_usable_size;
  if (!model_ || !subject_.has(function)) return std::nullopt;
  std::vector<ShadowBlock> blocks(1);  // one that is none
  shadow_.for_each_live([&](const ShadowBlock& block) {
    const bool reserved = block.size >= subject_.reserves_from();
    if (reserved || (block.entry % 2 == 0 && blocks.size() < most_asked)) blocks.push_back(block);
  });
  for (const ShadowBlock& block : blocks) {
    const Answer answer = subject_.call({.function = function, .block = block.address});
    if (Outcome complaint = judge_usable_size(block, static_cast<std::size_t>(answer.value)))
      return complaint;
  }
  return std::nullopt;
}

Outcome JudgedSubject::drain() {
  if (lawless_) return std::nullopt;
  if (Outcome complaint = release_all()) return complaint;
  Outcome complaint;
  slots_.for_each([&](ShadowBlock& block) {
    if (complaint || block.address == nullptr) return;
    complaint = release(block, *plan_for({.kind = plain_free(block.origin)}, block));
  });
  if (complaint) return complaint;
  if (Outcome broken = check()) return broken;
  if (!options_.oracles.shadow) return std::nullopt;
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
  if (remains->bytes != 0) {
    return Complaint{"drain.bytes", "", "no byte counted as given out", std::to_string(remains->bytes)};
  }
  return std::nullopt;
}

}  // namespace poolhammer
