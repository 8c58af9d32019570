#include "harness/c_program/c_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "harness/c_program/pointers.hpp"
#include "harness/c_program/writer.hpp"
#include "harness/report/commands.hpp"
#include "harness/trace/machine.hpp"

namespace poolhammer {
namespace {

/// A comment's text must not end it.
[[nodiscard]] std::string commented(std::string text) {
  for (std::size_t place = text.find("*/"); place != std::string::npos; place = text.find("*/"))
    text.replace(place, 2, "* /");
  return text;
}

[[nodiscard]] std::string head(const c::Callee& callee, const ProgramFacts& about, const CProgram& program) {
  const std::string source = about.source.empty() ? "" : fmt::format("   Source: {}\n", about.source);
  std::string compile;
  for (const std::string& word : program.compile(about.name + program.extension(), about.name))
    compile += (compile.empty() ? "" : " ") + shell_word(word);
  return commented(fmt::format("/* {} ({}): {}\n{}\n   {}\n   {}./{}\n\n"
                               "   Exits 1 where the promise is broken, and 0 where it is kept. ",
                               about.clause, about.tier, about.promise, source, compile, callee.run_with(),
                               about.name)) +
         "*/\n";
}

[[nodiscard]] std::string includes(const c::StepsText& steps, const c::CalledText& called) {
  std::set<std::string> headers = {"<stdio.h>", "<stdlib.h>", "<unistd.h>"};
  headers.insert(steps.headers.begin(), steps.headers.end());
  headers.insert(called.headers.begin(), called.headers.end());
  for (const c::Helper helper : steps.helpers) headers.merge(c::headers_of(helper));
  std::string text;
  for (const std::string& header : headers) text += fmt::format("#include {}\n", header);
  return text + called.includes;
}

[[nodiscard]] bool in_cplusplus(const c::StepsText& steps) {
  return steps.helpers.contains(c::Helper::handled_times) ||
         std::ranges::any_of(steps.used.functions,
                             [](Function function) { return facts(function).family != Family::c; });
}

/// What a run performs of a trace on an allocator that is called by its source: neither threads and signal
/// handlers nor acts that need a process of their own, nor what it has no memory for. `step` becomes the
/// place of what was that step.
[[nodiscard]] Trace without_process(const Trace& trace, std::uint64_t memory_limit, std::size_t& step) {
  Trace performed{trace.layout, {}};
  std::size_t moved = step;
  bool in_child = false;
  for (std::size_t i = 0; i < trace.operations.size(); ++i) {
    Operation operation = trace.operations[i];
    using enum OperationKind;
    const OperationKind kind = operation.kind;
    in_child = kind == fork || (in_child && kind != child_ends);
    const bool stays = is_function(kind) || operation.has_own() || kind == fill || kind == fill_usable ||
                       kind == check || kind == exhaust || kind == release || kind == fail_arenas ||
                       kind == fail_raw || kind == OperationKind::place || kind == domain || kind == hook;
    const bool too_much =
        allocates(kind) && MemoryBudget{memory_limit, 0}.forbids(kind, bytes_on_machine(operation), 0);
    if (stays && !in_child && !too_much) {
      operation.thread = 0;
      operation.context = Context::program;
      performed.operations.push_back(operation);
    } else if (i < step) {
      --moved;
    }
  }
  step = moved;
  return performed;
}

/// What stands before main.
[[nodiscard]] std::string before_main(const c::StepsText& steps, const c::CalledText& called) {
  std::string text = called.declarations;
  if (steps.helpers.contains(c::Helper::known))
    text += fmt::format("\nenum {{ slots = {} }};\n", std::max<std::size_t>(steps.slots, 1));
  for (const c::Helper helper : steps.helpers) text += fmt::format("\n{}", c::text_of(helper));
  if (!steps.globals.empty()) text += "\n" + steps.globals;
  return text + steps.parts;
}

}  // namespace

CProgram c_program(const c::Callee& callee, const Trace& trace, const Finding* finding,
                   const ProgramFacts& facts) {
  c::CheckPlan plan = c::plan_of(finding, callee.by_source());
  const Trace performed =
      callee.by_source() ? without_process(trace, facts.memory_limit, plan.step) : Trace{};
  c::StepsText steps = c::Writer(callee, callee.by_source() ? performed : trace, plan).write();
  if (plan.of_death()) c::need(steps.helpers, c::Helper::watch);
  CProgram program{.text = {},
                   .cplusplus = callee.by_source() || in_cplusplus(steps),
                   .looks_for_it = plan.check != c::Check::everything,
                   .compiling = callee.compiling()};
  const c::CalledText called = callee.text(steps.used);
  if (program.cplusplus) steps.headers.insert("<new>");
  // Of C++ the compiler defines it itself.
  const std::string_view gnu = program.cplusplus ? "" : "#define _GNU_SOURCE\n";
  const std::string promise = facts.promise.substr(0, facts.promise.find_last_not_of('.') + 1);
  // Names of an included file do not meet those of the program.
  const bool apart = callee.by_source();
  program.text =
      head(callee, facts, program) + std::string(gnu) + includes(steps, called) +
      (apart ? "\nnamespace finding {\n" : "") +
      fmt::format("\nstatic const char clause[] = \"{}: {}\";\n", facts.clause, c::quoted(promise)) +
      before_main(steps, called) + (apart ? "\nint run(void) {\n" : "\nint main(void) {\n") + called.setup +
      (plan.of_death() ? "  watch();\n" : "") + steps.body +
      "  dprintf(1, \"%s: kept\\n\", clause);\n  _exit(0);\n}\n" +
      (apart ? "\n}  // namespace finding\n\nint main(void) { return finding::run(); }\n" : "");
  return program;
}

CProgram c_program(const library::Target& target, const Trace& trace, const Finding* finding,
                   const ProgramFacts& facts) {
  return c_program(c::LibraryCallee(target), trace, finding, facts);
}

CProgram c_program(const Trace& trace) {
  return c_program(library::target_named("libc"), trace, nullptr, facts_without_finding());
}

ProgramFacts facts_without_finding() {
  return {.clause = "trace",
          .tier = "must",
          .promise = "An allocator keeps what it promises of every call below.",
          .source = "the clauses of docs/contract.md",
          .name = "program"};
}

std::vector<std::string> CProgram::compile(const std::string& file, const std::string& made) const {
  std::vector<std::string> words = {compiling.compiler.empty() ? compiler() : compiling.compiler, file};
  words.insert(words.end(), compiling.words.begin(), compiling.words.end());
  words.insert(words.end(), {"-o", made, "-pthread"});
  return words;
}

}  // namespace poolhammer
