#include <fmt/format.h>

#include <algorithm>

#include "harness/contract/c_writer.hpp"

// The calls of a probe as statements.
namespace poolhammer::contract {

std::string StepsWriter::call(Function function, const std::string& arguments) {
  text_.functions.insert(function);
  const bool nothrow = facts(function).name.find("nothrow") != std::string_view::npos;
  return fmt::format("{}({}{})", pointer_name(function), arguments, nothrow ? ", std::nothrow" : "");
}

void StepsWriter::before_call() {
  text_.headers.insert("<errno.h>");
  line(fmt::format("errno = {};", c_error(std::exchange(next_error_, 0))));
}

void StepsWriter::keep_error() {
  if (!outline_.error_wanted.contains(index_)) return;
  variable("int", "error", "0");
  text_.headers.insert("<string.h>");
  line("error = errno;");
}

void StepsWriter::write_call(const Step& step) {
  const bool frees_unknown =
      !allocates(step.function) && step.slot < slot_count && !names_.contains(step.slot);
  const bool source_unknown =
      resizes(step.function) && step.other < slot_count && !names_.contains(step.other);
  if (frees_unknown || source_unknown || (allocates(step.function) && step.slot >= slot_count)) return;
  if (outline_.error_wanted.contains(index_) || next_error_ != 0) before_call();
  answer_by_ = step.function;
  if (resizes(step.function))
    write_resize(step);
  else if (allocates(step.function))
    write_allocation(step);
  else if (frees(step.function))
    write_free(step);
  else
    write_usable(step);
  keep_error();
}

void StepsWriter::write_usable(const Step& step) {
  const std::string asked =
      call(Function::malloc_usable_size, step.slot < slot_count ? block(step.slot) : "NULL");
  if (!outline_.usable_wanted.contains(step.slot)) return line(fmt::format("(void){};", asked));
  variable("size_t", "usable" + std::to_string(step.slot), "0");
  line(fmt::format("usable{} = {};", step.slot, asked));
}

void StepsWriter::write_free(const Step& step) {
  const bool none = step.slot >= slot_count;
  const std::string name = none ? "NULL" : block(step.slot);
  const SlotFacts& about = walk_.slot(step.slot);
  const std::string size = none ? "0" : size_of(step.slot);
  const std::string alignment = std::to_string(about.alignment == 0 ? 16 : about.alignment);
  const bool in_cplusplus = facts(step.function).family != Family::c;
  const std::string aligned = in_cplusplus ? fmt::format("std::align_val_t({})", alignment) : alignment;
  std::string arguments = name;
  switch (facts(step.function).signature) {
    case Signature::block_size:
      arguments += ", " + size;
      break;
    case Signature::block_alignment:
      arguments += ", " + aligned;
      break;
    case Signature::block_alignment_size:
      arguments += ", " + aligned + ", " + size;
      break;
    case Signature::block_size_alignment:
      arguments += ", " + size + ", " + aligned;
      break;
    default:
      break;
  }
  line(call(step.function, arguments) + ";");
  answer_ = "NULL";
  if (!none && used_later(step.slot)) line(name + " = NULL;");
}

bool StepsWriter::used_later(std::uint16_t slot) const {
  if (outline_.nested) return true;
  return std::any_of(probe_.begin() + static_cast<std::ptrdiff_t>(index_) + 1, probe_.end(),
                     [slot](const Step& step) {
                       return step.slot == slot || step.other == slot || step.expect == Expect::disjoint ||
                              step.expect == Expect::all_kept;
                     });
}

std::string StepsWriter::numbers(const Step& step) {
  switch (facts(step.function).signature) {
    case Signature::size:
    case Signature::block_size:
      return c_number(step.a);
    case Signature::size_alignment:
      return fmt::format("{}, std::align_val_t({})", c_number(step.b), c_number(step.a));
    default:
      return fmt::format("{}, {}", c_number(step.a), c_number(step.b));
  }
}

void StepsWriter::assign(const std::string& target, const Step& step, const std::string& expression) {
  if (!facts(step.function).throws) return line(fmt::format("{} = {};", target, expression));
  line(fmt::format("try {{ {} = {}; }} catch (...) {{ {} = NULL; }}", target, expression, target));
}

void StepsWriter::write_allocation(const Step& step) {
  const std::string name = block(step.slot);
  const bool may_live = walk_.slot(step.slot).live;
  const bool simple = !names_.contains(step.slot) && depth_ == 0 && !outline_.threads && !outline_.nested &&
                      !facts(step.function).throws && step.function != Function::posix_memalign;
  if (simple) {
    names_.insert(step.slot);
    line(fmt::format("void *{} = {};", name, call(step.function, numbers(step))));
  } else {
    introduce(step.slot);
    if (may_live) line(fmt::format("if ({} == NULL) {{", name)), ++depth_;
    if (step.function == Function::posix_memalign) {
      variable("void *", "result", "NULL");
      variable("int", "status", "0");
      line("result = &result; /* no block lies there */");
      line(fmt::format("status = {};", call(step.function, "&result, " + numbers(step))));
      text_.headers.insert("<string.h>");
      line(fmt::format("{} = status == 0 ? result : NULL;", name));
    } else {
      assign(name, step, call(step.function, numbers(step)));
    }
  }
  note_new_block(step, "0");
  if (may_live && !simple) --depth_, line("}");
  answer_ = name;
}

void StepsWriter::introduce(std::uint16_t slot) {
  if (names_.insert(slot).second) variable("void *", block(slot), "NULL");
}

void StepsWriter::note_new_block(const Step& step, const std::string& known) {
  if (dynamic(step.slot)) {
    const std::string number = std::to_string(step.slot);
    variable("size_t", "size" + number, "0");
    variable("size_t", "known" + number, "0");
    line(fmt::format("size{} = {};", number, c_number(requested_bytes(step))));
    line(fmt::format("known{} = {};", number, known));
  }
  keep_last(step.slot);
}

void StepsWriter::keep_last(std::uint16_t slot) {
  if (!outline_.last_wanted.contains(slot)) return;
  variable("void *", "last" + std::to_string(slot), "NULL");
  line(fmt::format("last{} = {};", slot, block(slot)));
}

void StepsWriter::write_resize(const Step& step) {
  const bool from_nothing = step.other >= slot_count;
  const std::string source = from_nothing ? "NULL" : block(step.other);
  const std::string bytes = c_number(requested_bytes(step));
  introduce(step.slot);
  variable("void *", "result", "NULL");
  const std::string only_if = from_nothing ? "" : fmt::format("if ({} != NULL) ", source);
  line(fmt::format("{}{{", only_if));
  ++depth_;
  line(fmt::format("result = {};", call(step.function, source + ", " + numbers(step))));
  // Of a size of 0 a null pointer says that the old block is gone.
  if (requested_bytes(step) != 0 || request_kind(step).overflows) line("if (result != NULL) {"), ++depth_;
  std::string known = "0";
  if (!from_nothing && dynamic(step.slot))
    known = fmt::format("known{0} < {1} ? known{0} : {1}", step.other, bytes);
  if (!from_nothing && step.other != step.slot) line(source + " = NULL;");
  line(fmt::format("{} = result;", block(step.slot)));
  note_new_block(step, known);
  if (requested_bytes(step) != 0 || request_kind(step).overflows) --depth_, line("}");
  --depth_;
  line("}");
  answer_ = "result";
}

void StepsWriter::write_exhaust(const Step& step) {
  const bool aligned = takes_alignment(step.function);
  Step one = step;
  one.verb = Verb::call;
  one.a = takes_count(step.function) ? 1 : aligned ? 16 : step.a;
  one.b = step.a;
  variable("void *", "chain", "NULL");
  variable("void *", "result", "NULL");
  exhausted_by_ = plain_free(step.function);
  exhausted_aligned_ = aligned;
  line(fmt::format("for (size_t taken = 0; taken < {}; ++taken) {{", c_number(step.b)));
  ++depth_;
  if (outline_.error_wanted.contains(index_)) before_call();
  if (step.function == Function::posix_memalign) {
    line(fmt::format("if ({} != 0) result = NULL;", call(step.function, "&result, " + numbers(one))));
  } else {
    assign("result", one, call(step.function, numbers(one)));
  }
  keep_error();
  line("if (result == NULL) break;");
  line("*(void **)result = chain;");
  line("chain = result;");
  --depth_;
  line("}");
  answer_ = "result";
}

void StepsWriter::write_release() {
  if (!variables_.contains("chain")) return;
  const bool in_cplusplus = facts(exhausted_by_).family != Family::c;
  line("while (chain != NULL) {");
  line("  void *next = *(void **)chain;");
  line(fmt::format(
      "  {};",
      call(exhausted_by_, in_cplusplus && exhausted_aligned_ ? "chain, std::align_val_t(16)" : "chain")));
  line("  chain = next;");
  line("}");
  answer_ = "NULL";
}

}  // namespace poolhammer::contract
