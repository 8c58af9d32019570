#include "harness/contract/c_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

#include "harness/contract/c_writer.hpp"

namespace poolhammer::contract {

StepsText StepsWriter::write() {
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

void StepsWriter::line(const std::string& words) {
  std::string& to = thread_ == 0 ? text_.body : text_.parts;
  to += std::string(2 + 2 * (thread_ == 0 ? depth_ : depth_ - depth_of_part_), ' ') + words + '\n';
}

std::string StepsWriter::size_of(std::uint16_t slot) const {
  return dynamic(slot) ? "size" + std::to_string(slot) : c_number(walk_.slot(slot).size);
}

void StepsWriter::variable(const std::string& type, const std::string& name, const std::string& value) {
  variables_[name] = {type, value};
}

NamedBlock StepsWriter::named(std::uint16_t slot) const {
  const SlotFacts& about = walk_.slot(slot);
  if (slot >= slot_count || !names_.contains(slot)) return {};
  return {slot, block(slot), size_of(slot),
          dynamic(slot) ? "known" + std::to_string(slot) : std::to_string(about.known), about.pattern_of};
}

void StepsWriter::change_thread(const Step& step) {
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

void StepsWriter::write(const Step& step) {
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

void StepsWriter::write_surroundings(const Step& step) {
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

void StepsWriter::write_crowd(const Step& step) {
  text_.functions.insert({Function::malloc, Function::calloc, Function::free});
  text_.helpers.insert({Helper::crowd, step.verb == Verb::churn ? Helper::churn : Helper::fork_crowd});
  line(fmt::format("{}({}, {});", step.verb == Verb::churn ? "churn" : "fork_crowd", step.a, step.b));
}

void StepsWriter::write_fork() {
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

void StepsWriter::write_child_ends() {
  line("_exit(0);");
  --depth_;
  line("}");
  line("if (child > 0) waitpid(child, &ending, 0);");
  line("if (WIFEXITED(ending) && WEXITSTATUS(ending) == 1) _exit(1); /* it said why */");
}

void StepsWriter::write_fill(const Step& step) {
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

void StepsWriter::write_expect(const Step& step) {
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

void StepsWriter::look_at_memory() {
  text_.helpers.insert(Helper::resident);
  line("look_at_memory();");
}

void StepsWriter::finish() {
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
  if (!to_the_end) return StepsWriter(probe, watch_memory).write();
  Probe whole = with_its_end(probe);
  // Of a death nothing is expected on the way.
  std::erase_if(whole, [](const Step& step) { return step.verb == Verb::expect; });
  return StepsWriter(whole, watch_memory).write();
}

}  // namespace poolhammer::contract
