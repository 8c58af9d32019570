#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "harness/c_program/names.hpp"
#include "harness/c_program/writer.hpp"

// Calls for the blocks of slots.
namespace poolhammer::c {

std::string arguments_of(const FunctionCall& call, const std::string& block, const std::string& size) {
  const bool in_cplusplus = facts(call.function).family != Family::c;
  const std::string alignment =
      in_cplusplus ? fmt::format("std::align_val_t({})", c_number(call.alignment)) : c_number(call.alignment);
  switch (facts(call.function).signature) {
    case Signature::size:
      return size;
    case Signature::count_size:
      return fmt::format("{}, {}", c_number(call.count), size);
    case Signature::alignment_size:
      return fmt::format("{}, {}", alignment, size);
    case Signature::out_alignment_size:
      return fmt::format("&result, {}, {}", alignment, size);
    case Signature::size_alignment:
      return fmt::format("{}, {}", size, alignment);
    case Signature::block:
      return block;
    case Signature::block_size:
      return fmt::format("{}, {}", block, size);
    case Signature::block_count_size:
      return fmt::format("{}, {}, {}", block, c_number(call.count), size);
    case Signature::block_alignment:
      return fmt::format("{}, {}", block, alignment);
    case Signature::block_alignment_size:
      return fmt::format("{}, {}, {}", block, alignment, size);
    case Signature::block_size_alignment:
      return fmt::format("{}, {}, {}", block, size, alignment);
  }
  return {};
}

bool impossible(const PlannedCall& plan) {
  return plan.total >= address_space;
}

std::string Writer::size_of(const Slot& slot) const {
  if (!slot.unsure || (keeps_ledger() && lawless_)) return c_number(slot.block.size);
  return keeps_ledger() ? fmt::format("known[{}].size", slot.number) : "size" + slot.number;
}

std::string Writer::written_of(const Slot& slot) const {
  return slot.unsure || slot.filled_up ? "written" + slot.number : c_number(slot.written);
}

void Writer::perform_call(const Operation& operation) {
  constexpr std::uint64_t no_limit = std::numeric_limits<std::ptrdiff_t>::max();
  Slot& slot = slot_of(operation.slot);
  const auto plan =
      planned_call(operation, slot.block, {no_limit, 0}, [this](OperationKind kind) { return has(kind); });
  if (!plan) return allocate_again(operation, slot);
  if (!is_of_c(plan->call.function)) next_place_.context = Context::program;
  if (allocates(plan->call.function)) {
    request(*plan, slot);
    slot.doubtful = limited_ || may_be_refused(operation);
    return;
  }
  if (frees(plan->call.function)) return release(*plan, slot);
  ask_usable(slot);
}

/// A block is already there, unless the request for it was refused.
void Writer::allocate_again(const Operation& operation, Slot& slot) {
  if (!allocates(operation.kind) || resizes(operation.kind) || !slot.live() || !slot.doubtful) return;
  const bool alike = facts(operation.kind).family == facts(slot.block.origin).family &&
                     asks_alignment(operation.kind) == asks_alignment(slot.block.origin);
  if (!alike || !slot.unsure) return;
  open(fmt::format("if ({} == NULL) {{", slot.name()));
  const OwnedBlock before = std::exchange(slot.block, {});
  perform_call(operation);
  if (!slot.live()) slot.block = before;
  close();
}

void Writer::before_call() {
  error_before_ = std::exchange(next_error_, 0);
  if (error_before_ == 0 && !guilty(Check::error_if_none) && !guilty(Check::error_kept)) return;
  text_.headers.insert("<errno.h>");
  line(fmt::format("errno = {};", c_error(error_before_)));
}

void Writer::request(const PlannedCall& plan, Slot& slot) {
  PlannedCall asked = plan;
  asked.call = without_empty_resize(plan);
  if (slot.live()) {
    resize(asked, slot);
  } else if (impossible(plan)) {
    refuse(asked, slot);
  } else {
    allocate(asked, slot);
  }
}

/// The slot stays empty.
void Writer::refuse(const PlannedCall& plan, Slot& slot) {
  const Function function = plan.call.function;
  const std::string arguments = arguments_of(plan.call, "NULL", c_number(plan.call.size));
  if (guilty_) {
    if (!slot.introduced) variable("void *", slot.name(), "NULL");
    slot.introduced = true;
    before_call();
    assign(slot.name(), function, arguments);
    return test_answer(function, slot.name(), true);
  }
  before_call();
  if (everything()) need(Helper::refused);
  std::string statement = call(function, arguments);
  if (function == Function::posix_memalign) {
    variable("void *", "result", "NULL");
    statement = everything() ? fmt::format("if ({} == 0) refused(result);", statement)
                             : fmt::format("(void){};", statement);
  } else {
    statement = everything() ? fmt::format("refused({});", statement) : fmt::format("(void){};", statement);
  }
  line(facts(function).throws ? fmt::format("try {{ {} }} catch (...) {{}}", statement) : statement);
}

/// Whether the call can stand in the declaration of its variable.
bool Writer::simple(const Slot& slot, Function function) const {
  return !slot.introduced && depth_ == 0 && !outline_.parts && !parent_ && !facts(function).throws &&
         function != Function::posix_memalign;
}

void Writer::allocate(const PlannedCall& plan, Slot& slot) {
  const Function function = plan.call.function;
  const std::string arguments = arguments_of(plan.call, "NULL", c_number(plan.call.size));
  before_call();
  if (simple(slot, function)) {
    line(fmt::format("void *{} = {};", slot.name(), call(function, arguments)));
  } else {
    if (!slot.introduced) variable("void *", slot.name(), "NULL");
    assign(slot.name(), function, arguments);
  }
  slot.introduced = true;
  test_answer(function, slot.name(), false);
  note_block(plan, slot);
  test_block(slot, plan);
  fill(slot);
}

void Writer::assign(const std::string& to, Function function, const std::string& arguments) {
  const std::string expression = call(function, arguments);
  if (function == Function::posix_memalign) {
    variable("void *", "result", "NULL");
    variable("int", "status", "0");
    if (guilty(Check::result_kept)) line("result = &result; /* no block lies there */");
    line(fmt::format("status = {};", expression));
    return line(to == "result" ? "if (status != 0) result = NULL;"
                               : fmt::format("{} = status == 0 ? result : NULL;", to));
  }
  if (guilty(Check::let_through) && facts(function).family != Family::c) {
    variable("int", "came", "0");
    line(fmt::format("try {{ {} = {}; }}", to, expression));
    // The derived type comes first, where there is one.
    line(fmt::format("catch (const {} &) {{ {} = NULL; came = 1; }}",
                     thrown_.empty() ? "std::bad_alloc" : thrown_, to));
    return line(fmt::format("catch (...) {{ {} = NULL; came = 2; }}", to));
  }
  if (!facts(function).throws) return line(fmt::format("{} = {};", to, expression));
  const bool tells = guilty(Check::thrown);
  if (tells) variable("int", "threw", "0");
  line(fmt::format("try {{ {0} = {1}; }} catch (...) {{ {0} = NULL;{2} }}", to, expression,
                   tells ? " threw = 1;" : ""));
}

/// What is known of the block that the slot has from now on.
void Writer::note_block(const PlannedCall& plan, Slot& slot) {
  const Function function = plan.call.function;
  // Any address stands for the block that will be there.
  slot.block = block_given(plan, &slots_);
  note_block(plan.total, callee_.owed_alignment(plan), function == Function::calloc && plan.total > 0, slot);
}

void Writer::note_block(std::uint64_t size, std::uint64_t alignment, bool zero, Slot& slot) {
  slot.written = 0;
  if (everything()) {
    need(zero ? Helper::given_zero : Helper::given);
    return line(fmt::format("{}({}, {}, {}, {});", zero ? "given_zero" : "given", slot.number, slot.name(),
                            c_number(size), alignment));
  }
  if (keeps_ledger()) return;
  if (slot.unsure) {
    variable("size_t", "size" + slot.number, "0");
    line(fmt::format("size{} = {};", slot.number, c_number(size)));
  }
  if (plan_.writes() && (slot.unsure || slot.filled_up)) {
    variable("size_t", "written" + slot.number, "0");
    line(fmt::format("written{} = 0;", slot.number));
  }
}

void Writer::resize(const PlannedCall& plan, Slot& slot) {
  const std::string expression =
      call(plan.call.function, arguments_of(plan.call, slot.name(), c_number(plan.call.size)));
  if (everything()) {
    need(Helper::intact);
    line(fmt::format("intact({});", slot.number));
    if (slot.block.size > wholly_touched && plan.total < slot.block.size) {
      // What is looked at in the part that stays is written.
      need(Helper::fill);
      line(fmt::format("fill(known[{0}].block, {1}, known[{0}].seed);", slot.number, c_number(plan.total)));
    }
    before_call();
    if (impossible(plan)) {
      need(Helper::refused);
      line(fmt::format("refused({});", expression));
      return line(fmt::format("intact({});", slot.number));
    }
    need(Helper::resized);
    line(fmt::format("{} = resized({}, {}, {}, {});", slot.name(), slot.number, expression,
                     c_number(plan.total), callee_.owed_alignment(plan)));
    slot.block = block_given(plan, &slots_);
    return;
  }
  if (plan_.writes() && !keeps_ledger() && slot.written > wholly_touched && plan.total < slot.written)
    line(fmt::format("fill({}, {}, {});", slot.name(), c_number(plan.total), slot.seed));
  before_call();
  if (slot.unsure && !keeps_ledger()) return resize_unsure(plan, slot, expression);
  if (impossible(plan)) return line(fmt::format("(void){};", expression));
  line(fmt::format("{} = {};", slot.name(), expression));
  slot.written = std::min<std::uint64_t>(slot.written, plan.total);
  slot.block = block_given(plan, &slots_);
  if (slot.filled_up && plan_.writes() && !keeps_ledger())
    line(fmt::format("if (written{0} > {1}) written{0} = {1};", slot.number, c_number(plan.total)));
  fill(slot);
}

/// Where the request is refused, the block stays as it was.
void Writer::resize_unsure(const PlannedCall& plan, Slot& slot, const std::string& expression) {
  variable("void *", "result", "NULL");
  line(fmt::format("result = {};", expression));
  test_answer(plan.call.function, "result", impossible(plan));
  if (guilty(Check::unchanged)) test_kept(slot, "result == NULL");
  if (impossible(plan)) return;
  open("if (result != NULL) {");
  line(fmt::format("{} = result;", slot.name()));
  line(fmt::format("size{} = {};", slot.number, c_number(plan.total)));
  if (plan_.writes()) line(fmt::format("if (written{0} > size{0}) written{0} = size{0};", slot.number));
  slot.written = std::min<std::uint64_t>(slot.written, plan.total);
  slot.block = block_given(plan, &slots_);
  if (guilty(Check::kept)) test_kept(slot);
  test_block(slot, plan);
  fill(slot);
  close();
}

void Writer::release(const PlannedCall& plan, Slot& slot) {
  if (slot.live() && everything()) {
    need(Helper::leave);
    line(fmt::format("leave({});", slot.number));
  }
  const bool live = slot.live();
  const std::string size = live ? size_of(slot) : "0";
  slot.block = {};
  slot.doubtful = false;
  if (!plan.calls) return;
  before_call();
  line(call(plan.call.function, arguments_of(plan.call, live ? slot.name() : "NULL", size)) + ";");
  test_answer(plan.call.function, "NULL", false);
}

void Writer::ask_usable(const Slot& slot) {
  before_call();
  line(fmt::format("(void){};",
                   call(Function::malloc_usable_size, slot.live() ? slot.name() : std::string("NULL"))));
}

/// Writes the slot's pattern over all bytes that were asked for.
void Writer::fill(Slot& slot) {
  if (!plan_.writes() || keeps_ledger()) return;
  need(Helper::fill);
  // Where the slot may hold either of two blocks, both have one pattern.
  if (!slot.unsure || slot.seed == 0) slot.seed = ++fills_;
  line(fmt::format("fill({}, {}, {});", slot.name(), size_of(slot), slot.seed));
  slot.written = slot.block.size;
  if (slot.unsure || slot.filled_up) line(fmt::format("written{} = {};", slot.number, size_of(slot)));
}

/// And over all that may be used.
void Writer::fill_up(Slot& slot) {
  if (!has(Function::malloc_usable_size)) return fill(slot);
  const std::string usable = call(Function::malloc_usable_size, slot.name());
  need(Helper::fill);
  if (!slot.unsure || slot.seed == 0) slot.seed = ++fills_;
  line(fmt::format("written{} = {} == NULL ? 0 : {};", slot.number, slot.name(), usable));
  line(fmt::format("if (written{0} < {1}) written{0} = {1};", slot.number, size_of(slot)));
  line(fmt::format("fill({}, written{}, {});", slot.name(), slot.number, slot.seed));
}

void Writer::refill(Slot& slot, bool up) {
  if (!slot.live()) return;
  if (everything()) {
    need(Helper::intact);
    need(Helper::fill_anew);
    line(fmt::format("intact({});", slot.number));
    const bool asks = up && has(Function::malloc_usable_size);
    const std::string bytes =
        asks ? call(Function::malloc_usable_size, slot.name()) : fmt::format("known[{}].size", slot.number);
    return line(fmt::format("fill_anew({}, {});", slot.number, bytes));
  }
  if (!plan_.writes() || keeps_ledger()) return;
  if (up)
    fill_up(slot);
  else
    fill(slot);
}

}  // namespace poolhammer::c
