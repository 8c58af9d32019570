#include "harness/c_program/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "harness/c_program/names.hpp"
#include "harness/trace/text.hpp"

// The steps one by one, and what stands around them: variables, threads, the end.
namespace poolhammer::c {
namespace {

[[nodiscard]] bool part_of_name(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

/// The names that stand in the text elsewhere than at the left of an assignment.
[[nodiscard]] std::set<std::string, std::less<>> names_read(std::string_view text) {
  std::set<std::string, std::less<>> names;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && part_of_name(text[end])) ++end;
    if (end > begin && !text.substr(end).starts_with(" = ")) names.emplace(text.substr(begin, end - begin));
    begin = std::max(end, begin + 1);
  }
  return names;
}

}  // namespace

Writer::Writer(const Callee& callee, const Trace& trace, const CheckPlan& plan)
    : callee_(callee), operations_(trace.operations), plan_(plan), limited_(callee.bounded()) {
  // Nothing after the step that is looked at is of interest.
  if (plan.of_a_step()) operations_ = operations_.first(std::min(operations_.size(), plan.step + 1));
  outline_ = outline_of(operations_, limited_);
  if (!plan.of_a_step() || plan.step >= operations_.size() || !resizes(operations_[plan.step].kind)) return;
  // A resize that is looked at may be refused.
  const std::uint32_t slot = operations_[plan.step].slot;
  const auto before = operations_.first(plan.step);
  if (std::ranges::any_of(before,
                          [slot](const Operation& each) { return each.has_slot() && each.slot == slot; }))
    outline_.unsure.insert(slot);
}

StepsText Writer::write() {
  for (index_ = 0; index_ < operations_.size(); ++index_) {
    const Operation& operation = operations_[index_];
    if (const auto thread = thread_of(operation)) next_place_ = {*thread, operation.context};
    guilty_ = plan_.of_a_step() && index_ == plan_.step;
    if (guilty_) before_step();
    perform(operation);
    if (guilty_) after_step(operation);
    constexpr std::size_t last_steps = 16;
    if (plan_.check == Check::memory && index_ + last_steps > plan_.step) look_at_memory();
  }
  finish();
  return std::move(text_);
}

void Writer::perform(const Operation& operation) {
  if (is_function(operation.kind)) return perform_call(operation);
  switch (operation.kind) {
    case OperationKind::fill:
    case OperationKind::fill_usable:
      return refill(slot_of(operation.slot), operation.kind == OperationKind::fill_usable);
    case OperationKind::end_thread:
      return end_thread(operation.thread);
    case OperationKind::set_errno:
      next_error_ = operation.size;
      return;
    case OperationKind::check:
      if (!everything()) return;
      need(Helper::intact_all);
      line("intact_all();");
      return test_says(Says::complaint);
    default:
      return operation.has_own() ? own(operation) : act(operation);
  }
}

Slot& Writer::slot_of(std::uint32_t slot) {
  const auto [place, is_new] = slots_.try_emplace(slot);
  if (is_new) {
    place->second.number = std::to_string(slots_.size() - 1);
    place->second.unsure = outline_.unsure.contains(slot);
    place->second.filled_up = outline_.filled_up.contains(slot);
  }
  return place->second;
}

std::string Writer::call(Function function, const std::string& arguments) {
  text_.used.functions.insert(function);
  const bool nothrow = facts(function).name.find("nothrow") != std::string_view::npos;
  return fmt::format("{}({}{})", pointer_name(function), arguments, nothrow ? ", std::nothrow" : "");
}

void Writer::line(const std::string& words) {
  if (place_ != next_place_) enter(next_place_);
  const bool in_main = place_ == Place{};
  std::string& to = in_main ? text_.body : text_.parts;
  to += std::string(2 + 2 * (in_main ? depth_ : depth_ - depth_of_part_), ' ') + words + '\n';
}

void Writer::open(const std::string& words) {
  line(words);
  ++depth_;
}

void Writer::close() {
  --depth_;
  line("}");
}

void Writer::variable(const std::string& type, const std::string& name, const std::string& value) {
  variables_[name] = {type, value};
}

/// Steps of another thread than the first, and those of signal handlers and destructors, become a function;
/// main has the thread or the handler perform it.
void Writer::enter(Place place) {
  if (place_ != Place{}) leave_part();
  if (place != Place{})
    text_.parts += fmt::format("\nstatic void *part{}(void *unused) {{\n  (void)unused;\n", ++parts_);
  place_ = next_place_ = place;
  depth_of_part_ = depth_;
}

void Writer::leave_part() {
  text_.parts += "  return NULL;\n}\n";
  const Place last = std::exchange(place_, Place{});
  next_place_ = Place{};
  if (of_signal(last.context)) {
    const bool elsewhere = last.context == Context::alternate_stack;
    need(elsewhere ? Helper::on_alternate_stack : Helper::in_handler);
    const std::string performed =
        fmt::format("{}(part{});", elsewhere ? "on_alternate_stack" : "in_handler", parts_);
    if (last.thread == 0) return line(performed);
    ++parts_;
    text_.parts +=
        fmt::format("\nstatic void *part{}(void *unused) {{\n  (void)unused;\n  {}\n  return NULL;\n}}\n",
                    parts_, performed);
  }
  need(outline_.lasting_threads ? Helper::threads : Helper::in_thread);
  if (!outline_.lasting_threads) return line(fmt::format("in_a_thread(part{});", parts_));
  variable("struct helper", fmt::format("thread{}", last.thread), "");
  if (last.context != Context::destructor)
    return line(fmt::format("perform(&thread{}, part{});", last.thread, parts_));
  need(Helper::in_destructor);
  line(fmt::format("in_destructor(&thread{}, part{});", last.thread, parts_));
}

void Writer::end_thread(std::uint8_t thread) {
  enter({});
  if (!outline_.lasting_threads || !variables_.contains(fmt::format("thread{}", thread))) return;
  need(Helper::end_thread);
  line(fmt::format("end(&thread{});", thread));
}

void Writer::finish() {
  guilty_ = false;
  enter({});
  if (parent_) child_ends();
  const bool to_the_end = !plan_.of_a_step() || plan_.step >= operations_.size();
  if (to_the_end) {
    if (plan_.check == Check::complaint && !plan_.at_drain) test_says(Says::complaint);
    drain();
    if (plan_.check == Check::complaint && plan_.at_drain) test_says(Says::complaint);
    if (plan_.check == Check::left_behind || everything()) test_says(Says::left_behind);
    if (plan_.check == Check::ended || plan_.of_death() || everything()) test_says(Says::ended);
  }
  if (plan_.check == Check::memory) look_at_memory();
  if (!outline_.parts) mention_unread();
  std::string declarations;
  for (const auto& [name, about] : variables_) {
    const auto& [type, value] = about;
    declarations += fmt::format("{}{}{}{}{};\n", outline_.parts ? "static " : "  ", type,
                                type.ends_with('*') ? "" : " ", name, value.empty() ? "" : " = " + value);
  }
  if (outline_.parts)
    text_.globals = declarations;
  else
    text_.body = declarations + text_.body;
  text_.slots = slots_.size();
  if ((text_.body + text_.parts).find("_MAX") != std::string::npos) text_.headers.insert("<stdint.h>");
}

/// Limits go, and what is left is freed, as in a run.
void Writer::drain() {
  if (text_.helpers.contains(Helper::limit_memory)) {
    need(Helper::unlimit);
    line("unlimit();");
  }
  free_exhausted();
  if (plan_.check == Check::contents) test_all_kept();
  if (everything() && !slots_.empty()) {
    need(Helper::intact_all);
    line("intact_all();");
    test_says(Says::complaint);
  }
  const bool frees = plan_.of_death() || everything() || plan_.at_drain;
  for (auto& [number, slot] : slots_) {
    if (!frees || !slot.live()) continue;
    if (plan_.check == Check::contents) test_kept(slot);
    const Operation freeing{.kind = plain_free(slot.block.origin), .slot = number};
    perform_call(freeing);
    // What only a heap shows that is half empty.
    if (plan_.check == Check::complaint) test_says(Says::complaint);
  }
  if (!plan_.of_death() || !outline_.lasting_threads) return;
  for (unsigned thread = 1; thread < thread_limit; ++thread) end_thread(static_cast<std::uint8_t>(thread));
}

/// A compiler warns of a variable that nobody reads.
void Writer::mention_unread() {
  const auto read = names_read(text_.body);
  const auto mention = [&](const std::string& name) { line(fmt::format("(void){};", name)); };
  for (const auto& [number, slot] : slots_) {
    if (!slot.introduced || variables_.contains(slot.name()) || read.contains(slot.name())) continue;
    if (text_.body.find(fmt::format(" {} = ", slot.name())) != std::string::npos) {
      mention(slot.name());
      continue;
    }
    const std::string declared = fmt::format("void *{} = ", slot.name());
    text_.body.replace(text_.body.find(declared), declared.size(), "(void)");
  }
  for (const auto& [name, about] : variables_) {
    if (!read.contains(name)) mention(name);
  }
}

}  // namespace poolhammer::c
