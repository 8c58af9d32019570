#include "harness/contract/c_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

#include "harness/contract/c_expect.hpp"
#include "harness/contract/c_outline.hpp"
#include "harness/contract/walk.hpp"

namespace poolhammer::contract {
namespace {

class Writer {
 public:
  Writer(const Probe& probe, bool watch_memory)
      : probe_(probe), outline_(outline_of(probe)), watch_memory_(watch_memory) {}

  [[nodiscard]] StepsText write() {
    for (index_ = 0; index_ < probe_.size(); ++index_) {
      const Step& step = probe_[index_];
      change_thread(step);
      write(step);
      walk_.pass(step);
      if (step.verb == Verb::child_ends) walk_ = walk_of_parent_;
    }
    change_thread({});
    if (watch_memory_) look_at_memory();
    finish();
    return std::move(text_);
  }

 private:
  void line(const std::string& words) {
    std::string& to = thread_ == 0 ? text_.body : text_.parts;
    to += std::string(2 + 2 * (thread_ == 0 ? depth_ : depth_ - depth_of_part_), ' ') + words + '\n';
  }

  [[nodiscard]] static std::string block(std::uint16_t slot) { return "b" + std::to_string(slot); }
  [[nodiscard]] bool dynamic(std::uint16_t slot) const { return outline_.dynamic.contains(slot); }
  [[nodiscard]] std::string size_of(std::uint16_t slot) const {
    return dynamic(slot) ? "size" + std::to_string(slot) : c_number(walk_.slot(slot).size);
  }
  [[nodiscard]] std::string call(Function function, const std::string& arguments) {
    text_.functions.insert(function);
    const bool nothrow = facts(function).name.find("nothrow") != std::string_view::npos;
    return fmt::format("{}({}{})", pointer_name(function), arguments, nothrow ? ", std::nothrow" : "");
  }
  void variable(const std::string& type, const std::string& name, const std::string& value) {
    variables_[name] = {type, value};
  }

  [[nodiscard]] NamedBlock named(std::uint16_t slot) const {
    const SlotFacts& about = walk_.slot(slot);
    if (slot >= slot_count || !names_.contains(slot)) return {};
    return {slot, block(slot), size_of(slot),
            dynamic(slot) ? "known" + std::to_string(slot) : std::to_string(about.known), about.pattern_of};
  }

  /// Steps of another thread than the first become a function, which main has it perform.
  void change_thread(const Step& step) {
    const bool structure = step.verb == Verb::repeat || step.verb == Verb::repeat_ends ||
                           step.verb == Verb::fork || step.verb == Verb::child_ends ||
                           step.verb == Verb::end_thread;
    const std::uint16_t thread = structure ? std::uint16_t{0} : step.thread;
    if (thread == thread_) return;
    if (thread_ != 0) {
      text_.parts += "  return NULL;\n}\n";
      const std::uint16_t last = std::exchange(thread_, std::uint16_t{0});
      if (outline_.lasting_threads) {
        variable("struct helper", fmt::format("thread{}", last), "");
        line(fmt::format("perform(&thread{}, part{});", last, parts_));
      } else {
        line(fmt::format("in_a_thread(part{});", parts_));
      }
      text_.helpers.insert(outline_.lasting_threads ? Helper::threads : Helper::in_thread);
    }
    if (thread != 0)
      text_.parts += fmt::format("\nstatic void *part{}(void *unused) {{\n  (void)unused;\n", ++parts_);
    thread_ = thread;
    depth_of_part_ = depth_;
  }

  void write(const Step& step) {
    switch (step.verb) {
      case Verb::call:
        return write_call(step);
      case Verb::set_errno:
        next_error_ = step.a;
        return;
      case Verb::fill:
      case Verb::fill_usable:
        return write_fill(step);
      case Verb::expect:
        return write_expect(step);
      case Verb::note:
        if (step.note == Note::usable && names_.contains(step.slot))
          line(fmt::format("(void){};", call(Function::malloc_usable_size, block(step.slot))));
        return;
      case Verb::end_thread:
        if (outline_.lasting_threads && variables_.contains(fmt::format("thread{}", step.thread)))
          line(fmt::format("end(&thread{});", step.thread));
        return;
      case Verb::misuse:
        if (!names_.contains(step.slot)) return;
        line(fmt::format("{};", call(step.function, fmt::format("(char *)last{} + {}", step.slot, step.a))));
        return;
      case Verb::exhaust:
        return write_exhaust(step);
      case Verb::release:
        return write_release();
      default:
        return write_surroundings(step);
    }
  }

  void write_surroundings(const Step& step) {
    switch (step.verb) {
      case Verb::fork:
        return write_fork();
      case Verb::child_ends:
        return write_child_ends();
      case Verb::repeat:
        line(fmt::format("for (unsigned long round = 0; round < {}; ++round) {{",
                         std::max<std::uint64_t>(step.a, 1)));
        ++depth_;
        return;
      case Verb::repeat_ends:
        if (watch_memory_) look_at_memory();
        --depth_;
        return line("}");
      case Verb::limit_memory:
      case Verb::unlimit:
        text_.helpers.insert(Helper::limit_memory);
        return line(step.verb == Verb::unlimit ? "unlimit();"
                                               : fmt::format("limit_memory({});", c_number(step.a)));
      case Verb::churn:
      case Verb::fork_crowd:
        return write_crowd(step);
      case Verb::set_handler:
        text_.helpers.insert(Helper::handler);
        line("handler_called = false;");
        return line("std::set_new_handler(handler);");
      default:
        return;
    }
  }

  void write_crowd(const Step& step) {
    text_.functions.insert({Function::malloc, Function::calloc, Function::free});
    text_.helpers.insert({Helper::crowd, step.verb == Verb::churn ? Helper::churn : Helper::fork_crowd});
    line(fmt::format("{}({}, {});", step.verb == Verb::churn ? "churn" : "fork_crowd", step.a, step.b));
  }

  void write_fork() {
    walk_of_parent_ = walk_;
    text_.headers.insert("<sys/wait.h>");
    variable("pid_t", "child", "0");
    variable("int", "ending", "0");
    line("child = fork();");
    line("if (child == 0) {");
    ++depth_;
    line("alarm(10);");
    for (const auto& [name, about] : variables_) {
      // Of the threads only the one that forked comes along.
      if (about.first == "struct helper") line(fmt::format("{}.lives = 0;", name));
    }
  }

  void write_child_ends() {
    line("_exit(0);");
    --depth_;
    line("}");
    line("if (child > 0) waitpid(child, &ending, 0);");
    line("if (WIFEXITED(ending) && WEXITSTATUS(ending) == 1) _exit(1); /* it said why */");
  }

  void before_call() {
    text_.headers.insert("<errno.h>");
    line(fmt::format("errno = {};", c_error(std::exchange(next_error_, 0))));
  }
  void keep_error() {
    if (!outline_.error_wanted.contains(index_)) return;
    variable("int", "error", "0");
    text_.headers.insert("<string.h>");
    line("error = errno;");
  }

  void write_call(const Step& step) {
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

  void write_usable(const Step& step) {
    const std::string asked =
        call(Function::malloc_usable_size, step.slot < slot_count ? block(step.slot) : "NULL");
    if (!outline_.usable_wanted.contains(step.slot)) return line(fmt::format("(void){};", asked));
    variable("size_t", "usable" + std::to_string(step.slot), "0");
    line(fmt::format("usable{} = {};", step.slot, asked));
  }

  void write_free(const Step& step) {
    const bool none = step.slot >= slot_count;
    const std::string name = none ? "NULL" : block(step.slot);
    const SlotFacts& about = walk_.slot(step.slot);
    const std::string size = none ? "0" : size_of(step.slot);
    const std::string alignment = std::to_string(about.alignment == 0 ? 16 : about.alignment);
    const bool in_cplusplus = facts(step.function).family != Family::c;
    const std::string aligned = in_cplusplus ? fmt::format("std::align_val_t({})", alignment) : alignment;
    std::string arguments = name;
    switch (facts(step.function).parameters) {
      case Parameters::block_size:
        arguments += ", " + size;
        break;
      case Parameters::block_alignment:
        arguments += ", " + aligned;
        break;
      case Parameters::block_alignment_size:
        arguments += ", " + aligned + ", " + size;
        break;
      case Parameters::block_size_alignment:
        arguments += ", " + size + ", " + aligned;
        break;
      default:
        break;
    }
    line(call(step.function, arguments) + ";");
    answer_ = "NULL";
    if (!none && used_later(step.slot)) line(name + " = NULL;");
  }

  [[nodiscard]] bool used_later(std::uint16_t slot) const {
    if (outline_.nested) return true;
    return std::any_of(probe_.begin() + static_cast<std::ptrdiff_t>(index_) + 1, probe_.end(),
                       [slot](const Step& step) {
                         return step.slot == slot || step.other == slot || step.expect == Expect::disjoint ||
                                step.expect == Expect::all_kept;
                       });
  }

  [[nodiscard]] static std::string numbers(const Step& step) {
    switch (facts(step.function).parameters) {
      case Parameters::size:
      case Parameters::block_size:
        return c_number(step.a);
      case Parameters::size_alignment:
        return fmt::format("{}, std::align_val_t({})", c_number(step.b), c_number(step.a));
      default:
        return fmt::format("{}, {}", c_number(step.a), c_number(step.b));
    }
  }

  /// An operator new that throws gives no block then.
  void assign(const std::string& target, const Step& step, const std::string& expression) {
    if (!facts(step.function).throws) return line(fmt::format("{} = {};", target, expression));
    line(fmt::format("try {{ {} = {}; }} catch (...) {{ {} = NULL; }}", target, expression, target));
  }

  void write_allocation(const Step& step) {
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

  void introduce(std::uint16_t slot) {
    if (names_.insert(slot).second) variable("void *", block(slot), "NULL");
  }

  void note_new_block(const Step& step, const std::string& known) {
    if (dynamic(step.slot)) {
      const std::string number = std::to_string(step.slot);
      variable("size_t", "size" + number, "0");
      variable("size_t", "known" + number, "0");
      line(fmt::format("size{} = {};", number, c_number(requested_bytes(step))));
      line(fmt::format("known{} = {};", number, known));
    }
    keep_last(step.slot);
  }

  void keep_last(std::uint16_t slot) {
    if (!outline_.last_wanted.contains(slot)) return;
    variable("void *", "last" + std::to_string(slot), "NULL");
    line(fmt::format("last{} = {};", slot, block(slot)));
  }

  void write_resize(const Step& step) {
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

  void write_fill(const Step& step) {
    if (!names_.contains(step.slot)) return;
    text_.helpers.insert(Helper::fill);
    const std::string number = std::to_string(step.slot);
    std::string bytes = size_of(step.slot);
    if (step.verb == Verb::fill_usable) {
      line(fmt::format("known{} = {} == NULL ? 0 : {};", number, block(step.slot),
                       call(Function::malloc_usable_size, block(step.slot))));
      bytes = "known" + number;
    } else if (dynamic(step.slot)) {
      line(fmt::format("known{} = size{};", number, number));
    }
    line(fmt::format("if (b{} != NULL) fill(b{}, {}, {});", number, number, bytes, step.slot));
  }

  void write_expect(const Step& step) {
    if (step.slot < slot_count && !names_.contains(step.slot)) return;
    Scene scene;
    scene.block = named(step.slot);
    scene.result = answer_;
    // posix_memalign tells by its result what others tell by errno.
    if (answer_by_ == Function::posix_memalign && step.expect == Expect::failed_with) scene.error = "status";
    for (const std::uint16_t slot : names_) {
      if (walk_.slot(slot).live) scene.others.push_back(named(slot));
    }
    if (variables_.contains("usable" + std::to_string(step.slot)))
      scene.usable = "usable" + std::to_string(step.slot);
    if (step.expect == Expect::same_place) scene.last_of_other = "last" + std::to_string(step.other);
    if (step.expect == Expect::aligned) text_.headers.insert("<stdint.h>");
    if (step.expect == Expect::status || step.expect == Expect::failed_with || step.expect == Expect::error)
      text_.headers.insert({"<errno.h>", "<string.h>"});
    if (step.expect >= Expect::usable && step.expect <= Expect::usable_none &&
        step.expect != Expect::same_place)
      text_.functions.insert(Function::malloc_usable_size);
    for (const Check& check : checks_of(step, scene, text_.helpers)) {
      if (!check.before.empty()) line("{"), ++depth_, line(check.before);
      line(fmt::format("if ({}) {{", check.condition));
      line(fmt::format("  dprintf(1, \"%s: promised {}, happened: {}\\n\", clause{});", promised(step),
                       check.happened, check.arguments));
      line("  _exit(1);");
      line("}");
      if (!check.before.empty()) --depth_, line("}");
    }
  }

  void write_exhaust(const Step& step) {
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

  void write_release() {
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

  void look_at_memory() {
    text_.helpers.insert(Helper::resident);
    line("look_at_memory();");
  }

  /// Threads share the variables; otherwise they are main's.
  void finish() {
    std::string declarations;
    for (const auto& [name, about] : variables_) {
      const auto& [type, value] = about;
      const std::string space = type.ends_with('*') ? "" : " ";
      const std::string begins = value.empty() ? ";" : fmt::format(" = {};", value);
      declarations +=
          fmt::format("{}{}{}{}{}\n", outline_.threads ? "static " : "  ", type, space, name, begins);
    }
    if (outline_.threads)
      text_.globals = declarations;
    else
      text_.body = declarations + text_.body;
    const bool big = (text_.body + text_.parts).find("_MAX") != std::string::npos;
    if (big) text_.headers.insert("<stdint.h>");
  }

  Probe probe_;
  Outline outline_;
  bool watch_memory_;
  StepsText text_;
  Walk walk_;
  Walk walk_of_parent_;
  std::size_t index_ = 0;
  std::size_t depth_ = 0;
  std::size_t depth_of_part_ = 0;  ///< where the part of a thread begins
  std::uint16_t thread_ = 0;
  unsigned parts_ = 0;
  std::uint64_t next_error_ = 0;
  std::string answer_ = "NULL";
  Function answer_by_ = Function::malloc;
  std::set<std::uint16_t> names_;
  std::map<std::string, std::pair<std::string, std::string>> variables_;  ///< their type and first value
  Function exhausted_by_ = Function::free;
  bool exhausted_aligned_ = false;
};

}  // namespace

std::string pointer_name(Function function) {
  std::string name = "do_";
  for (const char letter : facts(function).name) {
    if (letter == '[') name += "_array";
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0)
      name += letter;
    else if (letter != '[' && letter != ']' && letter != ')' && name.back() != '_')
      name += '_';
  }
  return name;
}

StepsText steps_text(const Probe& probe, bool to_the_end, bool watch_memory) {
  if (!to_the_end) return Writer(probe, watch_memory).write();
  Probe whole = with_its_end(probe);
  // Of a death nothing is expected on the way.
  std::erase_if(whole, [](const Step& step) { return step.verb == Verb::expect; });
  return Writer(whole, watch_memory).write();
}

}  // namespace poolhammer::contract
