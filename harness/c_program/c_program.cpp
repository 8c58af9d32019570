#include "harness/c_program/c_program.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/c_program/pointers.hpp"
#include "harness/c_program/writer.hpp"

namespace poolhammer {
namespace {

/// A comment's text must not end it.
[[nodiscard]] std::string commented(std::string text) {
  for (std::size_t place = text.find("*/"); place != std::string::npos; place = text.find("*/"))
    text.replace(place, 2, "* /");
  return text;
}

[[nodiscard]] std::string head(const library::Target& target, const ProgramFacts& about,
                               const CProgram& program) {
  const std::string preload =
      target.library.path.empty() ? "" : fmt::format("LD_PRELOAD={} ", target.library.path);
  const std::string source = about.source.empty() ? "" : fmt::format("   Source: {}\n", about.source);
  return commented(fmt::format("/* {} ({}): {}\n{}\n   {} {}{} -o {} -pthread\n   {}./{}\n\n"
                               "   Exits 1 where the promise is broken, and 0 where it is kept. ",
                               about.clause, about.tier, about.promise, source, program.compiler(),
                               about.name, program.extension(), about.name, preload, about.name)) +
         "*/\n";
}

[[nodiscard]] std::string includes(const c::StepsText& steps) {
  std::set<std::string> headers = {"<stdio.h>", "<stdlib.h>", "<unistd.h>"};
  headers.insert(steps.headers.begin(), steps.headers.end());
  for (const c::Helper helper : steps.helpers) headers.merge(c::headers_of(helper));
  std::string text;
  for (const std::string& header : headers) text += fmt::format("#include {}\n", header);
  return text;
}

[[nodiscard]] bool in_cplusplus(const c::StepsText& steps) {
  return steps.helpers.contains(c::Helper::handler_called) ||
         std::ranges::any_of(steps.functions,
                             [](Function function) { return facts(function).family != Family::c; });
}

void add_headers(c::StepsText& steps, bool cplusplus, bool looks_up) {
  if (cplusplus) steps.headers.insert("<new>");
  if (looks_up) steps.headers.insert("<dlfcn.h>");
  for (const Function function :
       {Function::memalign, Function::valloc, Function::pvalloc, Function::malloc_usable_size}) {
    if (steps.functions.contains(function)) steps.headers.insert("<malloc.h>");
  }
}

/// What stands before main.
[[nodiscard]] std::string before_main(const c::StepsText& steps, const c::Pointers& called) {
  std::string text;
  if (!called.declarations.empty())
    text += "\n/* Pointers that no compiler sees through: it leaves no call out. */\n" + called.declarations;
  if (steps.helpers.contains(c::Helper::known))
    text += fmt::format("\nenum {{ slots = {} }};\n", std::max<std::size_t>(steps.slots, 1));
  for (const c::Helper helper : steps.helpers) text += fmt::format("\n{}", c::text_of(helper));
  if (!steps.globals.empty()) text += "\n" + steps.globals;
  return text + steps.parts;
}

}  // namespace

CProgram c_program(const library::Target& target, const Trace& trace, const Finding* finding,
                   const ProgramFacts& facts) {
  const c::CheckPlan plan = c::plan_of(finding);
  c::StepsText steps = c::Writer(target, trace, plan).write();
  if (plan.of_death()) c::need(steps.helpers, c::Helper::watch);
  CProgram program{.text = {}, .cplusplus = in_cplusplus(steps)};
  const c::Pointers called = c::pointers(target, steps.functions);
  add_headers(steps, program.cplusplus, !called.lookups.empty());
  // Of C++ the compiler defines it itself.
  const std::string_view gnu = program.cplusplus ? "" : "#define _GNU_SOURCE\n";
  const std::string promise = facts.promise.substr(0, facts.promise.find_last_not_of('.') + 1);
  program.text =
      head(target, facts, program) + std::string(gnu) + includes(steps) +
      fmt::format("\nstatic const char clause[] = \"{}: {}\";\n", facts.clause, c::quoted(promise)) +
      before_main(steps, called) + "\nint main(void) {\n" + called.lookups +
      (plan.of_death() ? "  watch();\n" : "") + steps.body +
      "  dprintf(1, \"%s: kept\\n\", clause);\n  _exit(0);\n}\n";
  return program;
}

CProgram c_program(const Trace& trace) {
  return c_program(library::target_named("libc"), trace, nullptr,
                   {.clause = "trace",
                    .tier = "must",
                    .promise = "An allocator keeps what it promises of every call below.",
                    .source = "the clauses of docs/contract.md",
                    .name = "program"});
}

}  // namespace poolhammer
