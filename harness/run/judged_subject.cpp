#include "harness/run/judged_subject.hpp"

#include <algorithm>
#include <limits>

#include "harness/subjects/heap_view.hpp"

namespace poolhammer {
namespace {

using Outcome = std::optional<Complaint>;

constexpr std::size_t largest_object = std::numeric_limits<std::ptrdiff_t>::max();

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
                        .first_block = options.first_block}) {
  subject_.reset();
  if (!options.oracles.model || subject.view() == nullptr || subject.journal() == nullptr) return;
  model_.emplace(subject.view()->layout(), model_memory_);
  journal_ = subject.journal();
  journal_->open(true);
}

JudgedSubject::~JudgedSubject() {
  if (journal_ != nullptr) journal_->open(false);
}

Outcome JudgedSubject::perform(const Operation& operation) {
  ++statistics_.operations;
  switch (operation.kind) {
    case OperationKind::malloc:
    case OperationKind::calloc:
      return allocate(operation);
    case OperationKind::realloc:
      return reallocate(operation);
    case OperationKind::free:
      return release(slots_[operation.slot]);
    case OperationKind::check:
      return check();
    case OperationKind::fail_arenas:
      subject_.fail_arenas(operation.size);
      break;
    case OperationKind::fail_raw:
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
      break;
  }
  return std::nullopt;
}

// The order of the judges: first what is known without touching memory (is the address acceptable, is it the
// one that the policy gives, were the calls below the right ones), then what stands around the block, then
// what the operation should have left behind. What a block holds comes last, as looking at it may end the
// process.

Outcome JudgedSubject::allocate(const Operation& operation) {
  ShadowBlock& block = slots_[operation.slot];
  const bool zeroed = operation.kind == OperationKind::calloc;
  std::size_t total = operation.size;
  if (zeroed && __builtin_mul_overflow(std::size_t{operation.count}, operation.size, &total))
    total = std::numeric_limits<std::size_t>::max();
  if (block.address != nullptr || over_memory_limit(total)) return skip();
  begin_call();
  void* const answer =
      zeroed ? subject_.calloc(operation.count, operation.size) : subject_.malloc(operation.size);
  if (Outcome complaint = shadow_.admitted(block, answer, total)) return complaint;
  count(answer);
  if (model_) {
    if (Outcome complaint = zeroed
                                ? model_->calloc(operation.count, operation.size, answer, journal_->entries())
                                : model_->malloc(operation.size, answer, journal_->entries()))
      return complaint;
  }
  if (Outcome complaint = near(answer)) return complaint;
  if (Outcome complaint = compare()) return complaint;
  return shadow_.filled(block, zeroed);
}

Outcome JudgedSubject::reallocate(const Operation& operation) {
  ShadowBlock& block = slots_[operation.slot];
  if (over_memory_limit(operation.size)) return skip();
  if (Outcome complaint = shadow_.intact(block)) return complaint;
  const ShadowBlock old = block;
  begin_call();
  void* const answer = subject_.realloc(old.address, operation.size);
  if (Outcome complaint = shadow_.moved(block, answer, operation.size)) return complaint;
  count(answer);
  if (model_) {
    if (Outcome complaint = model_->realloc(old.address, operation.size, answer, journal_->entries()))
      return complaint;
  }
  if (Outcome complaint = near(answer)) return complaint;
  if (old.address != answer) {
    if (Outcome complaint = near(old.address)) return complaint;
  }
  if (Outcome complaint = compare()) return complaint;
  return answer == nullptr ? std::nullopt : shadow_.kept(block, old);
}

Outcome JudgedSubject::release(ShadowBlock& block) {
  void* const address = block.address;
  if (address != nullptr) {
    if (Outcome complaint = shadow_.freed(block)) return complaint;
  }
  begin_call();
  subject_.free(address);
  if (model_) {
    if (Outcome complaint = model_->free(address, journal_->entries())) return complaint;
  }
  if (Outcome complaint = near(address)) return complaint;
  return compare();
}

void JudgedSubject::begin_call() {
  if (journal_ != nullptr) journal_->clear();
}

Outcome JudgedSubject::near(const void* block) {
  if (!options_.oracles.local || block == nullptr) return std::nullopt;
  return to_complaint(subject_.check_near(block));
}

Outcome JudgedSubject::compare() {
  return model_ ? model_->compare_touched(*subject_.view()) : std::nullopt;
}

Outcome JudgedSubject::skip() {
  ++statistics_.skipped;
  return std::nullopt;
}

bool JudgedSubject::over_memory_limit(std::size_t size) const {
  return size <= largest_object &&
         size > options_.memory_limit - std::min(options_.memory_limit, shadow_.live_bytes());
}

/// Behind the shadow heap's own account.
void JudgedSubject::count(const void* answer) {
  if (answer == nullptr) ++statistics_.refused;
  statistics_.peak_live_blocks = std::max(statistics_.peak_live_blocks, shadow_.live_blocks());
  statistics_.peak_live_bytes = std::max(statistics_.peak_live_bytes, shadow_.live_bytes());
}

Outcome JudgedSubject::check() {
  ++statistics_.checks;
  if (options_.oracles.invariants) {
    if (Outcome complaint = to_complaint(subject_.check())) return complaint;
  }
  if (Outcome complaint = shadow_.verify_all()) return complaint;
  return model_ ? model_->compare_all(*subject_.view()) : std::nullopt;
}

Outcome JudgedSubject::drain() {
  Outcome complaint;
  slots_.for_each([&](ShadowBlock& block) {
    if (!complaint && block.address != nullptr) complaint = release(block);
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
