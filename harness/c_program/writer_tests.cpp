#include <fmt/format.h>

#include "harness/c_program/names.hpp"
#include "harness/c_program/writer.hpp"

// What is looked for at the step where the run saw it.
namespace poolhammer::c {
namespace {

constexpr std::uint64_t page = 4096;

}  // namespace

void Writer::test(const Test& test) {
  if (!test.before.empty()) {
    open("{");
    line(test.before);
  }
  open(fmt::format("if ({}) {{", test.condition));
  line(fmt::format("dprintf(1, \"%s: promised {}, happened: {}\\n\", clause{});", test.promised,
                   test.happened, test.arguments));
  line("_exit(1);");
  close();
  if (!test.before.empty()) close();
}

void Writer::before_step() {
  if (plan_.check == Check::contents) test_all_kept();
}

void Writer::after_step(const Operation& operation) {
  if (plan_.check == Check::contents) test_all_kept();
  if (plan_.check == Check::complaint) test_says(Says::complaint);
  if (plan_.check == Check::usable_stable && operation.has_slot())
    test_usable_stable(slot_of(operation.slot));
  if (plan_.check != Check::usable_null) return;
  const std::string usable = call(Function::malloc_usable_size, "NULL");
  test({.condition = usable + " != 0", .promised = "0", .happened = "%zu", .arguments = ", " + usable});
}

/// Of the step's call, as soon as it is done: `result` is the block that it gave, as an expression.
void Writer::test_answer(Function function, const std::string& result, bool impossible) {
  if (!guilty_ || frees(function) != (plan_.check == Check::error_kept)) return;
  const std::string none = result + " == NULL";
  switch (plan_.check) {
    case Check::refusal:
      if (!impossible) return test({.condition = none, .promised = "a block", .happened = "no block"});
      [[fallthrough]];
    case Check::no_block:
      return test({.condition = result + " != NULL",
                   .promised = "no block",
                   .happened = "a block at %p",
                   .arguments = ", " + result});
    case Check::block:
      return test({.condition = none, .promised = "a block", .happened = "no block"});
    case Check::error_if_none:
    case Check::error_kept:
      return test_error(function, none);
    case Check::thrown:
      if (!facts(function).throws) return;
      return test({.condition = none + " && !threw",
                   .promised = "a block or std::bad_alloc",
                   .happened = "NULL, and nothing is thrown"});
    case Check::handled:
      return test({.condition = fmt::format("{} && handled_times < {}", none, handler_calls),
                   .promised = fmt::format("that the new handler is called {} times", handler_calls),
                   .happened = "it is called %u times",
                   .arguments = ", handled_times"});
    case Check::let_through:
      return test_let_through(function, none);
    default:
      if (function == Function::posix_memalign) test_status(none);
  }
}

void Writer::test_let_through(Function function, const std::string& none) {
  if (thrown_.empty()) return;
  const bool throws = facts(function).throws;
  test({.condition = fmt::format("{} && handled_times > 0 && came != {}", none, throws ? 1 : 0),
        .promised = throws ? "that what the new handler throws comes out" : "NULL, as the new handler throws",
        .happened = "%s",
        .arguments = R"(, came == 0 ? "NULL" : "another exception comes out")"});
}

void Writer::test_error(Function function, const std::string& none) {
  const bool kept = plan_.check == Check::error_kept;
  // posix_memalign tells by its result what others tell by errno.
  const std::string seen = function == Function::posix_memalign ? "status" : "errno";
  const std::string error = c_error(kept ? error_before_ : plan_.argument);
  text_.headers.insert({"<errno.h>", "<string.h>"});
  test({.condition = fmt::format("{}{} != {}", kept ? "" : none + " && ", seen, error),
        .promised = kept ? fmt::format("that errno stays {}", error) : fmt::format("{} {}", seen, error),
        .happened = seen + " is %d (%s)",
        .arguments = fmt::format(", {0}, strerror({0})", seen)});
}

void Writer::test_status(const std::string& none) {
  const bool any = plan_.check == Check::status;
  if (any || plan_.check == Check::status_if_none) {
    const std::string error = c_error(plan_.argument);
    text_.headers.insert({"<errno.h>", "<string.h>"});
    test({.condition = fmt::format("{}status != {}", any ? "" : none + " && ", error),
          .promised = "the result " + error,
          .happened = "the result %d (%s)",
          .arguments = ", status, strerror(status)"});
  }
  if (plan_.check == Check::result_kept)
    test({.condition = "status != 0 && result != (void *)&result && result != NULL",
          .promised = "that the pointer is left as it was, or NULL",
          .happened = "another pointer, %p",
          .arguments = ", result"});
}

/// Of a new block, before it is written into.
void Writer::test_block(const Slot& slot, const PlannedCall& plan) {
  const std::string name = slot.name();
  const bool watched = plan_.check == Check::usable_stable && plan_.step < operations_.size() &&
                       &slot == &slot_of(operations_[plan_.step].slot);
  if (watched && has(Function::malloc_usable_size)) {
    variable("size_t", "usable" + slot.number, "0");
    line(fmt::format("usable{} = {} == NULL ? 0 : {};", slot.number, name,
                     call(Function::malloc_usable_size, name)));
  }
  if (!guilty_) return;
  test_place(slot, callee_.owed_alignment(plan));
  if (plan_.check == Check::usable_size) test_usable(slot, c_number(plan.total));
  if (plan_.check == Check::whole_pages) test_usable(slot, c_number((plan.total + page - 1) / page * page));
  if (plan_.check != Check::zeroed || plan.call.function != Function::calloc || plan.total == 0) return;
  need(Helper::first_nonzero);
  const std::string bytes = c_number(plan.total);
  test({.before = fmt::format("size_t dirty = first_nonzero({}, {});", name, bytes),
        .condition = fmt::format("dirty < {}", bytes),
        .promised = "zeros",
        .happened = fmt::format("byte %zu of {} is 0x%02x", name),
        .arguments = fmt::format(", dirty, ((unsigned char *){})[dirty]", name)});
}

/// Where a new block lies.
void Writer::test_place(const Slot& slot, std::uint64_t alignment) {
  const std::string name = slot.name();
  if (plan_.check == Check::aligned && alignment > 1) {
    text_.headers.insert("<stdint.h>");
    test({.condition = fmt::format("(uintptr_t){} % {} != 0", name, alignment),
          .promised = fmt::format("a multiple of {}", alignment),
          .happened = "a block at %p",
          .arguments = ", " + name});
  }
  if (plan_.check == Check::disjoint) test_disjoint(slot);
}

void Writer::test_disjoint(const Slot& slot) {
  for (const auto& [number, other] : slots_) {
    if (!other.live() || &other == &slot) continue;
    need(Helper::overlap);
    test({.condition = fmt::format("overlap({}, {}, {}, {})", slot.name(), size_of(slot), other.name(),
                                   size_of(other)),
          .promised = "a block of its own",
          .happened = fmt::format("{} shares bytes with {}", slot.name(), other.name())});
  }
}

void Writer::test_usable(const Slot& slot, const std::string& least) {
  if (least == "0") return;
  const std::string usable = call(Function::malloc_usable_size, slot.name());
  test({.before = fmt::format("size_t usable = {} == NULL ? {} : {};", slot.name(), least, usable),
        .condition = fmt::format("usable < {}", least),
        .promised = fmt::format("a usable size of at least {}", least),
        .happened = "%zu",
        .arguments = ", usable"});
}

void Writer::test_usable_stable(const Slot& slot) {
  const std::string first = "usable" + slot.number;
  if (!slot.live() || !variables_.contains(first)) return;
  const std::string usable = call(Function::malloc_usable_size, slot.name());
  test({.before = fmt::format("size_t usable = {} == NULL ? {} : {};", slot.name(), first, usable),
        .condition = "usable != " + first,
        .promised = "the usable size that it had, %zu",
        .happened = "%zu",
        .arguments = fmt::format(", {}, usable", first)});
}

/// `words` is an expression of a text that is empty where nothing is wrong.
void Writer::test_words(const std::string& words, const std::string& promised) {
  text_.headers.insert("<string>");
  test({.before = fmt::format("std::string words = {};", words),
        .condition = "!words.empty()",
        .promised = promised,
        .happened = "%s",
        .arguments = ", words.c_str()"});
}

void Writer::test_says(Says what) {
  if (!callee_.says(what)) return;
  text_.used.says.insert(what);
  test_words(fmt::format("{}()", name_of(what)), what == Says::complaint ? "nothing to complain about"
                                                 : what == Says::ended   ? "everything given back"
                                                                         : "that nothing is in use");
}

void Writer::test_kept(const Slot& slot, const std::string& only_if) {
  const std::string name = slot.name();
  const std::string written = written_of(slot);
  if (written == "0") return;
  need(Helper::first_wrong);
  test({.before = fmt::format("size_t wrong = first_wrong({}, {}, {});", name, written, slot.seed),
        .condition = fmt::format("{}wrong < {}", only_if.empty() ? "" : only_if + " && ", written),
        .promised = fmt::format("that {} holds what was written into it", name),
        .happened = fmt::format("byte %zu of {} is 0x%02x", name),
        .arguments = fmt::format(", wrong, ((unsigned char *){})[wrong]", name)});
}

void Writer::test_all_kept() {
  for (const auto& [number, slot] : slots_) {
    if (slot.live()) test_kept(slot);
  }
}

}  // namespace poolhammer::c
