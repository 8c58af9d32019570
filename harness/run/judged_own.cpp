// The steps of a program that only this allocator has.
#include <utility>

#include "harness/run/judged_subject.hpp"

namespace poolhammer {
namespace {

using Outcome = std::optional<Complaint>;

/// What the allocator itself said of the operation.
[[nodiscard]] Outcome complained(OwnAnswer answer, const OwnOperation& declaration) {
  if (!answer.complaint) return std::nullopt;
  return Complaint{"invariant." + std::string("own-operation"), "",
                   std::string(declaration.name) + " to complain about nothing",
                   std::move(*answer.complaint)};
}

}  // namespace

Outcome JudgedSubject::perform_own(const OwnCall& call, const OwnOperation& declaration) {
  begin_call();
  // Memory may have come or gone.
  forget_room();
  OwnAnswer answer = subject_.perform_own(call);
  if (options_.oracles.invariants) {
    if (Outcome complaint = complained(std::move(answer), declaration)) return complaint;
  }
  return near_own(call.block);
}

/// What was damaged before it is not the operation's doing, and is said first.
Outcome JudgedSubject::own(const Operation& operation) {
  const OwnOperation* const declaration = declared(operation, subject_.own_operations());
  if (declaration == nullptr) return skip();
  OwnCall call;
  call.number = operation.own;
  call.numbers = numbers_of(in_range(operation, subject_.own_operations()));
  if (operation.kind == OperationKind::own) return own_without_block(call, *declaration);
  ShadowBlock& block = slots_[operation.slot];
  const bool gives = declaration->effect == OwnEffect::gives;
  if (gives != (block.address == nullptr)) return skip();
  call.block = block.address;
  if (gives || declaration->effect == OwnEffect::resizes) return own_block(block, call, *declaration);
  return own_on_block(block, call, *declaration);
}

Outcome JudgedSubject::own_without_block(const OwnCall& call, const OwnOperation& declaration) {
  if (declaration.effect == OwnEffect::frees_all) {
    if (Outcome complaint = shadow_.all_freed()) return complaint;
    slots_.for_each([](ShadowBlock& block) { block = {}; });
    held_.clear();
  }
  return perform_own(call, declaration);
}

Outcome JudgedSubject::own_on_block(ShadowBlock& block, const OwnCall& call,
                                    const OwnOperation& declaration) {
  const bool frees = declaration.effect == OwnEffect::frees;
  if (Outcome complaint = frees ? shadow_.freed(block) : shadow_.intact(block)) return complaint;
  if (Outcome complaint = perform_own(call, declaration)) return complaint;
  return shadow_.intact(block);
}

/// Of an operation that gives a block, or gives one another size.
Outcome JudgedSubject::own_block(ShadowBlock& block, const OwnCall& call, const OwnOperation& declaration) {
  const auto size =
      static_cast<std::size_t>(number_with(ParameterRole::size, declaration, call.numbers).value_or(0));
  const MemoryBudget budget{options_.memory_limit, shadow_.live_bytes()};
  if (budget.forbids(OperationKind::malloc, size, block.size)) return skip();
  if (Outcome complaint = shadow_.intact(block)) return complaint;
  const ShadowBlock old = block;
  const bool resizes = old.address != nullptr;
  if (resizes) shadow_.prepare_resize(block, size);
  begin_call();
  forget_room();
  const OwnAnswer answer = subject_.perform_own(call);
  if (Outcome complaint = near_own(answer.block)) return complaint;
  const std::size_t asked =
      static_cast<std::size_t>(number_with(ParameterRole::alignment, declaration, call.numbers).value_or(1));
  // Why it refuses is its own affair: no room in place, say.
  if (answer.block == nullptr) {
    count(nullptr);
    return shadow_.still_whole(block);
  }
  if (Outcome complaint = resizes ? shadow_.moved(block, answer.block, size, asked, answer.owed_alignment)
                                  : shadow_.admitted(block, answer.block, size, asked, answer.owed_alignment))
    return complaint;
  count(answer.block);
  return resizes ? shadow_.kept(block, old) : shadow_.filled(block, false);
}

}  // namespace poolhammer
