#pragma once

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/oracles/call_clauses.hpp"
#include "harness/oracles/capacity.hpp"
#include "harness/oracles/complaint.hpp"
#include "harness/oracles/exact_model.hpp"
#include "harness/oracles/poison_oracle.hpp"
#include "harness/oracles/shadow_heap.hpp"
#include "harness/run/planned_call.hpp"
#include "harness/run/run_options.hpp"
#include "harness/run/slot_table.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/operation.hpp"

namespace poolhammer {

/// A subject with its judges: performs a program step by step, and has every step judged by all oracles that
/// are chosen and that the subject allows. The first complaint ends its use.
class JudgedSubject {
 public:
  /// Resets `subject`, which must outlive this, as must `options`.
  JudgedSubject(Subject& subject, const RunOptions& options);
  JudgedSubject(const JudgedSubject&) = delete;
  JudgedSubject& operator=(const JudgedSubject&) = delete;
  ~JudgedSubject();

  [[nodiscard]] std::optional<Complaint> perform(const Operation& operation);

  /// Every oracle looks at everything.
  [[nodiscard]] std::optional<Complaint> check();
  /// The same after the last step.
  [[nodiscard]] std::optional<Complaint> check_at_end();

  /// Frees what is left, and judges what remains then.
  [[nodiscard]] std::optional<Complaint> drain();

  /// The block of a slot; its address is null where it holds none.
  [[nodiscard]] const ShadowBlock& block(std::uint32_t slot) { return slots_[slot]; }
  [[nodiscard]] const ShadowHeap& shadow() const { return shadow_; }
  [[nodiscard]] const RunStatistics& statistics() const { return statistics_; }
  [[nodiscard]] Subject& subject() { return subject_; }

 private:
  using Outcome = std::optional<Complaint>;

  [[nodiscard]] Outcome perform_call(const Operation& operation);
  [[nodiscard]] std::optional<PlannedCall> plan_for(const Operation& operation,
                                                    const ShadowBlock& block) const;
  [[nodiscard]] Answer call(FunctionCall call);
  [[nodiscard]] Outcome judge(const PlannedCall& plan, const Answer& answer, const ShadowBlock* block);
  [[nodiscard]] Outcome judge(const ObservedCall& observed);
  /// Of a step that is no call for a slot's block.
  [[nodiscard]] Outcome act(const Operation& operation);
  /// Of one that only this allocator has.
  [[nodiscard]] Outcome own(const Operation& operation);
  [[nodiscard]] Outcome perform_own(const OwnCall& call, const OwnOperation& declaration);
  [[nodiscard]] Outcome own_without_block(const OwnCall& call, const OwnOperation& declaration);
  [[nodiscard]] Outcome own_on_block(ShadowBlock& block, const OwnCall& call,
                                     const OwnOperation& declaration);
  [[nodiscard]] Outcome own_block(ShadowBlock& block, const OwnCall& call, const OwnOperation& declaration);
  /// Of one that needs a process of its own.
  [[nodiscard]] Outcome act_in_process(const Operation& operation);
  [[nodiscard]] Outcome calling_act(const Operation& operation);
  /// The same acts in this process, each call judged as any other.
  [[nodiscard]] Outcome exhaust(const Operation& operation);
  [[nodiscard]] Outcome release_all();
  /// Whether what fits now is to fit again.
  [[nodiscard]] bool capacity_counts() const;
  /// Of the blocks that exhaust took of an empty allocator; `refused`: that had room for no more.
  [[nodiscard]] Outcome judge_room(const FunctionCall& call, std::size_t bytes, std::uint64_t blocks,
                                   bool refused);
  /// What fitted need not fit again.
  void forget_room();
  [[nodiscard]] Outcome judge_growth(const Operation& operation, const Growth& growth) const;
  [[nodiscard]] Outcome damaged_crowd(OperationKind kind) const;
  void begin_child();
  void end_child();
  [[nodiscard]] bool is_like_the_freed(const FunctionCall& call) const;
  void note_request(const FunctionCall& call, std::size_t total, bool met);
  void note_room_for_last();
  [[nodiscard]] Outcome allocate(ShadowBlock& block, const PlannedCall& plan);
  [[nodiscard]] Outcome reallocate(ShadowBlock& block, const PlannedCall& plan);
  [[nodiscard]] Outcome release(ShadowBlock& block, const PlannedCall& plan);
  [[nodiscard]] Outcome refill(const ShadowBlock& block);
  [[nodiscard]] Outcome skip();
  void count(const void* answer);

  void begin_call();
  [[nodiscard]] Outcome near(const void* block);
  /// After an operation of the allocator's own, or a hook: it may have acted on no block.
  [[nodiscard]] Outcome near_own(const void* block);
  [[nodiscard]] Outcome compare();
  [[nodiscard]] Outcome compare_all();
  [[nodiscard]] Outcome of_model(Outcome complaint);
  [[nodiscard]] Outcome poison_after_realloc(const void* old, const void* block, std::size_t size);
  [[nodiscard]] Outcome ask_usable_sizes();
  [[nodiscard]] Outcome judge_usable_size(const ShadowBlock& block, std::size_t usable);

  Subject& subject_;
  const RunOptions& options_;
  pymalloc::Journal* journal_ = nullptr;  ///< null where nobody needs it
  ShadowHeap shadow_;
  std::pmr::unsynchronized_pool_resource model_memory_;
  std::optional<ExactModel> model_;
  std::optional<PoisonOracle> poison_;  ///< only with the model, whose books it reads
  SlotTable<ShadowBlock> slots_;
  RunStatistics statistics_;
  int next_error_ = 0;  ///< errno before the next call
  int last_error_ = 0;  ///< and before the last one
  Surroundings around_;
  FunctionCall freed_alike_;  ///< how the blocks of around_.freed_alike were asked for
  std::optional<FunctionCall>
      last_given_;                 ///< how the last block was asked for; nothing once one was resized
  std::uint64_t exhausted_ = 0;    ///< blocks that exhaust took in the subject's own process
  std::uint64_t had_whole_ = 0;    ///< blocks of the last exhaust, where none was refused
  std::vector<ShadowBlock> held_;  ///< those that it took in this one
  CapacityBook capacity_;
  CoalescedRoom room_;
  bool lawless_ = false;  ///< after a misuse, nothing is judged

  /// What holds again where a child ends.
  struct Parent {
    ShadowHeap::State heap;
    SlotTable<ShadowBlock> slots;
    Surroundings around;
    int next_error = 0;
  };
  std::optional<Parent> parent_;  ///< of the child whose steps are performed
  bool passing_child_ = false;    ///< the subject has no process: a child's steps are passed over
};

}  // namespace poolhammer
