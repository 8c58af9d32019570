#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/c_program/names.hpp"
#include "harness/c_program/writer.hpp"
#include "harness/oracles/thread_loss.hpp"
#include "harness/trace/act_bounds.hpp"
#include "harness/trace/text.hpp"

// What the client does besides calls for the blocks of its slots.
namespace poolhammer::c {

void Writer::act(const Operation& operation) {
  limited_ = limited_ || limits_memory(operation);
  switch (operation.kind) {
    case OperationKind::fork:
      return fork();
    case OperationKind::child_ends:
      return child_ends();
    case OperationKind::limit_memory: {
      const bool lifts = operation.size == std::numeric_limits<std::uint64_t>::max();
      need(lifts ? Helper::unlimit : Helper::limit_memory);
      return line(lifts ? "unlimit();" : fmt::format("limit_memory({});", c_number(operation.size)));
    }
    case OperationKind::exhaust:
      return exhaust(operation);
    case OperationKind::release:
      return free_exhausted();
    case OperationKind::recycle:
      return recycle(operation);
    case OperationKind::crowd:
    case OperationKind::crowd_forks:
    case OperationKind::crowd_with_heirs:
      return crowd(operation);
    case OperationKind::set_handler:
      need(Helper::handler);
      line("handled_times = 0;");
      return line("std::set_new_handler(handler);");
    case OperationKind::set_throwing_handler:
      need(Helper::throwing_handler);
      thrown_ = operation.size == 0 ? "std::bad_alloc" : "no_memory";
      line("handled_times = 0;");
      return line(fmt::format("std::set_new_handler(throwing_handler<{}>);", thrown_));
    case OperationKind::generations:
    case OperationKind::generations_hand_over:
      return generations(operation);
    case OperationKind::misuse:
      return misuse(operation);
    default: {
      const std::string command = callee_.command(operation);
      if (!command.empty()) text_.used.commands.insert(operation.kind);
      return line(command.empty() ? fmt::format("/* {} */", to_text(operation)) : command);
    }
  }
}

void Writer::fork() {
  if (parent_) return;
  parent_ = slots_;
  text_.headers.insert("<sys/wait.h>");
  variable("pid_t", "child", "0");
  variable("int", "ending", "0");
  line("child = fork();");
  open("if (child == 0) {");
  // Where the program watches for its own death, so does the child.
  if (!plan_.of_death()) need(Helper::patience);
  line(plan_.of_death() ? "alarm(10);" : "be_patient();");
  for (const auto& [name, about] : variables_) {
    // Of the threads only the one that forked comes along.
    if (about.first == "struct helper") line(fmt::format("{}.lives = 0;", name));
  }
}

void Writer::child_ends() {
  if (!parent_) return;
  line("_exit(0);");
  close();
  line("if (child > 0) waitpid(child, &ending, 0);");
  line("if (WIFEXITED(ending) && WEXITSTATUS(ending) == 1) _exit(1); /* it said why */");
  if (everything())
    test({.condition = "ending != 0",
          .promised = "that the child ends well",
          .happened = "it ends with the status 0x%x",
          .arguments = ", (unsigned)ending"});
  for (auto& [number, slot] : slots_) {
    const auto before = parent_->find(number);
    const bool introduced = slot.introduced;
    if (before == parent_->end()) {
      slot.block = {};
    } else {
      slot = before->second;
    }
    slot.introduced = introduced;
  }
  parent_.reset();
}

/// One call for a block that has no slot.
void Writer::take_result(const Operation& operation) {
  variable("void *", "result", "NULL");
  before_call();
  assign("result", operation.by, arguments_of(call_of(operation), "NULL", c_number(operation.size)));
  line("if (result == NULL) break;");
}

/// The blocks are held, and written into, as a run in the allocator's own process does it.
void Writer::exhaust_by_source(const Operation& operation) {
  Operation request = operation;
  request.kind = operation.by;
  request.count = 1;
  constexpr std::uint64_t no_limit = std::numeric_limits<std::ptrdiff_t>::max();
  const auto plan =
      planned_call(canonical(request), {}, {no_limit, 0}, [this](OperationKind kind) { return has(kind); });
  if (!plan) return;
  free_exhausted();
  text_.headers.insert("<vector>");
  variable("std::vector<void *>", "held", "");
  open(fmt::format("while (held.size() < {}) {{", std::min(act_bounds::times(operation), act_bounds::held)));
  variable("void *", "result", "NULL");
  assign("result", plan->call.function, arguments_of(plan->call, "NULL", c_number(plan->call.size)));
  line("if (result == NULL) break;");
  need(Helper::fill);
  line(fmt::format("fill(result, {}, 1);", c_number(plan->total)));
  line("held.push_back(result);");
  close();
  exhausted_ = request;
  exhausted_->kind = OperationKind::exhaust;
  exhausted_->by = plan->call.function;
  compare_room(operation, "held.size()");
}

/// What fits is counted each time that blocks are taken as in the faulty step.
void Writer::compare_room(const Operation& operation, std::string_view blocks) {
  if (plan_.check != Check::capacity || plan_.step >= operations_.size()) return;
  const Operation& watched = operations_[plan_.step];
  if (operation.by != watched.by || operation.size != watched.size ||
      operation.alignment != watched.alignment)
    return;
  variable("size_t", "fitted", "0");
  if (guilty_)
    test({.condition = fmt::format("{} < fitted", blocks),
          .promised = "that as many blocks fit as before, %zu",
          .happened = "%zu",
          .arguments = fmt::format(", fitted, {}", blocks)});
  line(fmt::format("fitted = {};", blocks));
}

/// The blocks are chained by their first words, so that nothing is allocated beside them.
void Writer::exhaust(const Operation& operation) {
  if (callee_.by_source()) return exhaust_by_source(operation);
  if (operation.size < sizeof(void*) || !has(operation.by)) return;
  free_exhausted();
  variable("void *", "chain", "NULL");
  const bool counts = plan_.check == Check::capacity;
  if (counts) variable("size_t", "taken", "0");
  open(fmt::format("for ({}taken = 0; taken < {}; ++taken) {{", counts ? "" : "size_t ",
                   act_bounds::times(operation)));
  take_result(operation);
  line("*(void **)result = chain;");
  line("chain = result;");
  if (plan_.check == Check::memory) look_at_memory();
  close();
  exhausted_ = operation;
  if (counts) compare_room(operation, "taken");
  test_answer(operation.by, "result", false);
}

void Writer::free_exhausted() {
  if (!exhausted_) return;
  const FunctionCall asked = freeing_of(call_of(*exhausted_));
  exhausted_.reset();
  if (callee_.by_source()) {
    open("for (; !held.empty(); held.pop_back()) {");
    line(call(asked.function, arguments_of(asked, "held.back()", c_number(asked.size))) + ";");
    return close();
  }
  open("while (chain != NULL) {");
  line("void *next = *(void **)chain;");
  line(call(asked.function, arguments_of(asked, "chain", c_number(asked.size))) + ";");
  line("chain = next;");
  close();
}

void Writer::recycle(const Operation& operation) {
  if (!has(operation.by)) return;
  const FunctionCall asked = freeing_of(call_of(operation));
  open(fmt::format("for (unsigned long round = 0; round < {}; ++round) {{", act_bounds::times(operation)));
  take_result(operation);
  if (operation.size > 0) line("*(volatile char *)result = 1; /* the memory must be there */");
  line(call(asked.function, arguments_of(asked, "result", c_number(asked.size))) + ";");
  if (plan_.check == Check::memory) look_at_memory();
  close();
  test_answer(operation.by, "result", false);
}

void Writer::crowd(const Operation& operation) {
  const bool forks = operation.kind == OperationKind::crowd_forks;
  if ((forks && parent_) || !has(Function::calloc)) return;
  text_.used.functions.insert({Function::malloc, Function::calloc, Function::free});
  const bool heirs = operation.kind == OperationKind::crowd_with_heirs;
  need(forks ? Helper::fork_crowd : heirs ? Helper::churn_with_heirs : Helper::churn);
  const std::uint64_t size = forks ? std::min(operation.size, act_bounds::children)
                                   : act_bounds::blocks_of_each(operation.size, operation.count);
  line(fmt::format("{}({}, {});",
                   forks   ? "fork_crowd"
                   : heirs ? "churn_with_heirs"
                           : "churn",
                   std::min(operation.count, act_bounds::threads), c_number(size)));
  if (everything() || guilty(Check::crowd))
    test({.condition = "damaged",
          .promised = "that every block holds what was written into it",
          .happened =
              forks ? "a child did not end well, or a block changed" : "a block changed under the threads"});
}

void Writer::generations(const Operation& operation) {
  // Of fewer threads nothing is promised.
  if (operation.count < least_generations) return;
  text_.used.functions.insert({Function::malloc, Function::free});
  need(Helper::generations);
  constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20U;
  const std::string words =
      fmt::format("generations({}, {}, {})", std::min(operation.count, act_bounds::generations),
                  std::clamp<std::uint64_t>(operation.size, 1, most_bytes),
                  operation.kind == OperationKind::generations_hand_over ? 1 : 0);
  if (!everything() && !guilty(Check::no_loss)) return line(fmt::format("(void){};", words));
  test({.before = fmt::format("uint64_t lost = {};", words),
        .condition = "lost != 0",
        .promised = "that the process grows no further once caches are full",
        .happened = "each thread that ended left %zu bytes or more behind",
        .arguments =
            fmt::format(", (size_t)(lost / {})", std::min(operation.count, act_bounds::generations) / 16)});
}

/// Behind it, nothing is promised.
void Writer::misuse(const Operation& operation) {
  lawless_ = true;
  if (!has(operation.by)) return;
  const bool of_block = takes_block(operation.by);
  Slot& slot = slot_of(operation.slot);
  if (of_block && !slot.introduced) return;
  if (operation.by == Function::posix_memalign) variable("void *", "result", "NULL");
  const FunctionCall asked = call_of(operation);
  const std::string block = operation.count == 0
                                ? slot.name()
                                : fmt::format("(char *){} + {}", slot.name(), c_number(operation.count));
  before_call();
  const std::string words = fmt::format("{}{};", frees(operation.by) ? "" : "(void)",
                                        call(operation.by, arguments_of(asked, block, c_number(asked.size))));
  line(facts(operation.by).throws ? fmt::format("try {{ {} }} catch (...) {{}}", words) : words);
  // Where the block went, nobody knows.
  if (of_block) slot.block = {};
}

void Writer::look_at_memory() {
  need(Helper::resident);
  line("look_at_memory();");
}

}  // namespace poolhammer::c
