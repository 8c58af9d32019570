#pragma once

#include <cstdint>
#include <span>

#include "harness/base/random.hpp"
#include "harness/library/board.hpp"
#include "harness/run/planned_call.hpp"
#include "harness/run/slot_table.hpp"
#include "worker/acts.hpp"
#include "worker/churn.hpp"
#include "worker/function_table.hpp"
#include "worker/hand_over.hpp"
#include "worker/signal_handlers.hpp"
#include "worker/threads.hpp"

namespace poolhammer::worker {

/// What a client works with besides the library.
struct Company {
  Threads* threads = nullptr;     ///< perform the calls; null: the calling thread does
  HandOver* hand_over = nullptr;  ///< blocks go to other threads and come from them
  std::uint64_t seed = 0;         ///< which blocks do
};

/// The client of a library: performs a program's steps, fills its blocks, looks at them, and notes for each
/// step what it saw. It judges nothing; after the first wrong byte it stops.
class Client {
 public:
  /// `records` has one for each step, zero at first, as has `end`.
  Client(const FunctionTable& table, const library::Request& request, library::Place& place,
         std::span<library::StepRecord> records, library::StepRecord& end, const Company& company,
         std::uint64_t first_block)
      : table_(table),
        request_(request),
        place_(place),
        records_(records),
        end_(end),
        company_(company),
        random_(company.seed),
        acts_(table, request.act_milliseconds, place),
        blocks_ever_(first_block) {}

  void perform(std::span<const Operation> operations);

  /// Frees what other threads left, and notes the first that is damaged. Only when they have ended.
  void empty_shelf();

 private:
  struct Slot : OwnedBlock {
    std::uint64_t pattern = 0;
    std::size_t written = 0;  ///< bytes from its start that hold the pattern
    void* last = nullptr;     ///< where its block lay last, live or not
  };

  void step(const Operation& operation, library::StepRecord& record);
  /// Of a step that is no call for a slot's block.
  void act(const Operation& operation, library::StepRecord& record);
  static void note_crowd(CrowdSaw saw, library::StepRecord& record);
  void calling_act(const Operation& operation, library::StepRecord& record);
  void misuse(const Operation& operation, const Slot& slot, library::StepRecord& record);
  void measure_gain(const Slot& slot, library::StepRecord& record);
  /// Has a child perform what follows. True in this process, which goes to where the child ends.
  [[nodiscard]] bool fork_child(std::span<const Operation> operations, std::size_t& index,
                                library::StepRecord& record);
  [[noreturn]] void leave_child();
  void perform_call(const Operation& operation, Slot& slot, library::StepRecord& record);
  void request(const PlannedCall& plan, Slot& slot, library::StepRecord& record);
  void release(const PlannedCall& plan, Slot& slot, library::StepRecord& record);
  void fill(Slot& slot, std::size_t bytes);
  static void prepare_resize(const Slot& slot, std::size_t size);
  void check(library::StepRecord& record);
  void drain();

  [[nodiscard]] std::optional<PlannedCall> plan_for(const Operation& operation, const Slot& slot) const;
  [[nodiscard]] Answer call(FunctionCall call);
  /// Does what calls the function, on the step's thread and from its context; a death meanwhile is reported
  /// as one inside of it. What is no function of C is called from the program, also where it stands in for
  /// one.
  template <class Perform>
  void perform_inside(Function function, Perform&& perform) {
    place_.inside.store(static_cast<std::uint8_t>(1 + static_cast<unsigned>(function)),
                        std::memory_order_relaxed);
    const Context context = is_of_c(function) ? context_ : Context::program;
    auto from_context = [&] { handlers_.perform(context, perform); };
    if (company_.threads != nullptr)
      company_.threads->perform(thread_, context == Context::destructor, from_context);
    else
      from_context();
    place_.inside.store(0, std::memory_order_relaxed);
  }
  void note(const Answer& answer, library::StepRecord& record) const;
  void ask_usable(void* block, OperationKind origin, library::StepRecord& record);
  [[nodiscard]] bool tells_usable(OperationKind origin) const {
    return table_.has(OperationKind::malloc_usable_size) && facts(origin).family == Family::c;
  }
  /// What malloc_usable_size says of the block; `size` where the library tells nothing of such blocks.
  [[nodiscard]] std::size_t usable(void* block, OperationKind origin, std::size_t size);
  /// Whether the first `size` bytes of the block hold the pattern; notes the first that does not.
  bool intact(const void* address, std::size_t size, std::uint64_t pattern, library::Seen seen,
              library::StepRecord& record);
  void give_or_free(FunctionCall call, Answer& answer);
  void receive(const Parcel& parcel);

  const FunctionTable& table_;
  const library::Request& request_;
  library::Place& place_;
  std::span<library::StepRecord> records_;
  library::StepRecord& end_;
  Company company_;
  Random random_;
  Acts acts_;
  SignalHandlers handlers_;
  SlotTable<Slot> slots_;
  std::uint64_t blocks_ever_;
  std::uint64_t live_bytes_ = 0;
  unsigned thread_ = 0;
  Context context_ = Context::program;
  int next_error_ = 0;
  bool stopped_ = false;   ///< something was wrong
  bool in_child_ = false;  ///< this process is a child of the one that the program began in
};

}  // namespace poolhammer::worker
