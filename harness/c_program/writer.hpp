#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "harness/c_program/callee.hpp"
#include "harness/c_program/check.hpp"
#include "harness/c_program/helpers.hpp"
#include "harness/c_program/outline.hpp"
#include "harness/run/planned_call.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::c {

/// The steps of a trace as statements of C.
struct StepsText {
  std::string globals;  ///< variables that threads share, with their line ends
  std::string parts;    ///< functions that threads perform
  std::string body;     ///< of main
  Used used;
  std::set<Helper> helpers;
  std::set<std::string> headers;
  std::size_t slots = 0;  ///< that the trace uses
};

/// A condition that holds where the promise is broken, and what to print then.
struct Test {
  std::string before = {};  ///< a declaration
  std::string condition;
  std::string promised;
  std::string happened;        ///< a format of printf
  std::string arguments = {};  ///< its arguments, each with a comma before it
};

/// A slot as the program names it, and what is planned of its block.
struct Slot {
  std::string number;         ///< slots are numbered densely
  OwnedBlock block;           ///< its address is not null: a block lives
  std::uint64_t written = 0;  ///< bytes from its start that hold the pattern
  unsigned seed = 0;          ///< of that pattern
  bool doubtful = false;      ///< an allocator may well have refused the block
  bool introduced = false;    ///< it has a variable
  bool unsure = false;        ///< its size is known as the program runs
  bool filled_up = false;     ///< how far it is written is known as the program runs

  [[nodiscard]] bool live() const { return block.address != nullptr; }
  [[nodiscard]] std::string name() const { return "b" + number; }
};

/// Who performs a step.
struct Place {
  std::uint8_t thread = 0;
  Context context = Context::program;

  friend bool operator==(const Place&, const Place&) = default;
};

/// Writes the steps of one trace as statements.
class Writer {
 public:
  Writer(const Callee& callee, const Trace& trace, const CheckPlan& plan);

  [[nodiscard]] StepsText write();

 private:
  // Lines, variables and threads.
  void line(const std::string& words);
  void open(const std::string& words);
  void close();
  void variable(const std::string& type, const std::string& name, const std::string& value);
  void enter(Place place);
  void leave_part();
  void end_thread(std::uint8_t thread);
  [[nodiscard]] Slot& slot_of(std::uint32_t slot);
  [[nodiscard]] bool has(Function function) const { return callee_.has(function); }
  void need(Helper helper) { c::need(text_.helpers, helper); }
  [[nodiscard]] std::string call(Function function, const std::string& arguments);
  /// Whether the ledger of the program judges each step.
  [[nodiscard]] bool everything() const { return keeps_ledger() && !lawless_; }
  [[nodiscard]] bool keeps_ledger() const { return plan_.check == Check::everything; }
  [[nodiscard]] bool guilty(Check check) const { return guilty_ && plan_.check == check; }

  void perform(const Operation& operation);
  void finish();
  void drain();
  void mention_unread();

  // Calls for the blocks of slots.
  void perform_call(const Operation& operation);
  void before_call();
  void request(const PlannedCall& plan, Slot& slot);
  void refuse(const PlannedCall& plan, Slot& slot);
  void allocate(const PlannedCall& plan, Slot& slot);
  void resize(const PlannedCall& plan, Slot& slot);
  void resize_unsure(const PlannedCall& plan, Slot& slot, const std::string& expression);
  void allocate_again(const Operation& operation, Slot& slot);
  void release(const PlannedCall& plan, Slot& slot);
  void ask_usable(const Slot& slot);
  void fill(Slot& slot);
  void fill_up(Slot& slot);
  void refill(Slot& slot, bool up);
  void note_block(const PlannedCall& plan, Slot& slot);
  void note_block(std::uint64_t size, std::uint64_t alignment, bool zero, Slot& slot);
  void assign(const std::string& to, Function function, const std::string& arguments);
  [[nodiscard]] bool simple(const Slot& slot, Function function) const;
  [[nodiscard]] std::string size_of(const Slot& slot) const;
  [[nodiscard]] std::string written_of(const Slot& slot) const;

  // Operations that only the allocator has.
  void own(const Operation& operation);
  void own_block(const Operation& operation, const OwnOperation& declaration, Slot& slot);
  [[nodiscard]] std::string own_call(const Operation& operation, const OwnOperation& declaration,
                                     const Slot& slot);

  // What the client does besides.
  void act(const Operation& operation);
  void fork();
  void child_ends();
  void exhaust(const Operation& operation);
  void exhaust_by_source(const Operation& operation);
  void compare_room(const Operation& operation, std::string_view blocks);
  void free_exhausted();
  void recycle(const Operation& operation);
  void take_result(const Operation& operation);
  void crowd(const Operation& operation);
  void generations(const Operation& operation);
  void misuse(const Operation& operation);
  void look_at_memory();

  // What is looked for.
  void test(const Test& test);
  void test_answer(Function function, const std::string& result, bool impossible);
  void test_error(Function function, const std::string& none);
  void test_status(const std::string& none);
  void test_let_through(Function function, const std::string& none);
  void test_block(const Slot& slot, const PlannedCall& plan);
  void test_place(const Slot& slot, std::uint64_t alignment);
  void test_disjoint(const Slot& slot);
  void test_usable(const Slot& slot, const std::string& least);
  void test_kept(const Slot& slot, const std::string& only_if = {});
  void test_all_kept();
  void test_usable_stable(const Slot& slot);
  void test_words(const std::string& words, const std::string& promised);
  void test_says(Says what);
  void before_step();
  void after_step(const Operation& operation);

  const Callee& callee_;
  std::span<const Operation> operations_;
  CheckPlan plan_;
  Outline outline_;
  StepsText text_;
  std::map<std::uint32_t, Slot> slots_;
  std::optional<std::map<std::uint32_t, Slot>> parent_;  ///< what holds again where the child ends
  std::map<std::string, std::pair<std::string, std::string>> variables_;  ///< their type and first value
  std::optional<Operation> exhausted_;                                    ///< by which a chain was made
  std::size_t index_ = 0;
  std::size_t depth_ = 0;
  std::size_t depth_of_part_ = 0;  ///< where a part begins
  Place place_;                    ///< whose part is written
  Place next_place_;               ///< that the next line is performed by
  unsigned parts_ = 0;
  unsigned fills_ = 0;
  std::uint64_t next_error_ = 0;
  std::uint64_t error_before_ = 0;  ///< the last call
  std::string thrown_;              ///< by a new handler that is installed; empty: none throws
  bool guilty_ = false;             ///< the step is the one that is looked at
  bool limited_ = false;            ///< requests may be refused for want of memory
  bool lawless_ = false;            ///< after a misuse, nothing is judged
};

/// What a function is called with, behind a block where it takes one.
[[nodiscard]] std::string arguments_of(const FunctionCall& call, const std::string& block,
                                       const std::string& size);
/// Whether nobody may meet the request.
[[nodiscard]] bool impossible(const PlannedCall& plan);

}  // namespace poolhammer::c
