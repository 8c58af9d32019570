#include "harness/contract/c_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "harness/contract/c_helpers.hpp"
#include "harness/contract/c_steps.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] std::string quoted(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter == '\n' ? ' ' : letter;
  }
  return out;
}

/// A comment's text must not end it.
[[nodiscard]] std::string commented(std::string text) {
  for (std::size_t place = text.find("*/"); place != std::string::npos; place = text.find("*/"))
    text.replace(place, 2, "* /");
  return text;
}

[[nodiscard]] std::string head(const Target& target, const ProgramFacts& about, const CProgram& program) {
  const std::string preload =
      target.library.path.empty() ? "" : fmt::format("LD_PRELOAD={} ", target.library.path);
  const char* const compiler = program.compiler();
  return commented(fmt::format("/* {} ({}): {}\n   Source: {}\n\n   {} {}{} -o {} -pthread\n   {}./{}\n\n"
                               "   Exits 1 where the promise is broken, and 0 where it is kept. ",
                               about.clause, about.tier, about.promise, about.source, compiler, about.name,
                               program.extension(), about.name, preload, about.name)) +
         "*/\n";
}

[[nodiscard]] std::string includes(const std::set<Helper>& helpers, const StepsText& steps) {
  std::set<std::string> headers = {"<stdio.h>", "<stdlib.h>", "<unistd.h>"};
  headers.insert(steps.headers.begin(), steps.headers.end());
  for (const Helper helper : helpers) headers.merge(headers_of(helper));
  std::string text;
  for (const std::string& header : headers) text += fmt::format("#include {}\n", header);
  return text;
}

struct Pointer {
  std::string declaration;  ///< with {} for its name
  std::string type;         ///< for a cast
};

[[nodiscard]] Pointer pointer_type(Function function) {
  const FunctionFacts& about = facts(function);
  const bool nothrow = about.name.find("nothrow") != std::string_view::npos;
  const auto type = [](std::string_view result, std::string parameters) {
    const char* const space = result.ends_with('*') ? "" : " ";
    return Pointer{fmt::format("{}{}(*volatile {{}})({})", result, space, parameters),
                   fmt::format("{}{}(*)({})", result, space, parameters)};
  };
  const std::string tag = nothrow ? ", const std::nothrow_t &" : "";
  switch (about.signature) {
    case Signature::size:
      return type("void *", "size_t" + tag);
    case Signature::count_size:
    case Signature::alignment_size:
      return type("void *", "size_t, size_t");
    case Signature::out_alignment_size:
      return type("int", "void **, size_t, size_t");
    case Signature::size_alignment:
      return type("void *", "size_t, std::align_val_t" + tag);
    case Signature::block:
      return type(frees(function) ? "void" : "size_t", "void *" + tag);
    case Signature::block_size:
      return type(frees(function) ? "void" : "void *", "void *, size_t");
    case Signature::block_count_size:
      return type("void *", "void *, size_t, size_t");
    case Signature::block_alignment:
      return type("void", "void *, std::align_val_t" + tag);
    case Signature::block_alignment_size:
      return type("void", "void *, size_t, size_t");
    case Signature::block_size_alignment:
      return type("void", "void *, size_t, std::align_val_t");
  }
  return {};
}

/// Functions that the headers of the C library may not declare yet.
[[nodiscard]] bool undeclared(Function function) {
  return function == Function::free_sized || function == Function::free_aligned_sized;
}

[[nodiscard]] std::string expression(Function function) {
  const std::string_view symbol = facts(function).symbol;
  if (!symbol.starts_with("_Z")) return std::string(symbol);
  // The type of the pointer chooses among the operators of a name.
  if (symbol.starts_with("_Znw")) return "operator new";
  if (symbol.starts_with("_Zna")) return "operator new[]";
  return symbol.starts_with("_Zdl") ? "operator delete" : "operator delete[]";
}

/// The pointers, and what main does to set those that are looked up.
struct Pointers {
  std::string declarations;
  std::string lookups;
};

[[nodiscard]] Pointers pointers(const Target& target, const std::set<Function>& used) {
  Pointers text;
  const bool by_name = !target.standard();
  if (by_name) {
    text.lookups = fmt::format(
        "  void *library = dlopen(\"{}\", RTLD_NOW);\n"
        "  if (library == NULL) return dprintf(2, \"%s\\n\", dlerror()), 2;\n",
        quoted(target.module));
  }
  for (const Function function : used) {
    const Pointer type = pointer_type(function);
    const std::string name = pointer_name(function);
    const std::string declared = fmt::format(fmt::runtime(type.declaration), name);
    if (!by_name && !undeclared(function)) {
      text.declarations += fmt::format("static {} = {};\n", declared, expression(function));
      continue;
    }
    std::string symbol = facts(function).symbol;
    for (const auto& [each, own] : target.symbols) {
      if (each == function) symbol = own;
    }
    text.declarations += fmt::format("static {};\n", declared);
    text.lookups += fmt::format("  {} = ({})dlsym({}, \"{}\");\n", name, type.type,
                                by_name ? "library" : "RTLD_DEFAULT", symbol);
    text.lookups += fmt::format("  if ({} == NULL) return dprintf(2, \"no {}\\n\"), 2;\n", name, symbol);
  }
  return text;
}

[[nodiscard]] bool is_operator(Function function) {
  return std::string_view(facts(function).symbol).starts_with("_Z");
}

}  // namespace

CProgram c_program(const Target& target, const Probe& probe, const Outcome& outcome,
                   const ProgramFacts& about) {
  const bool died = outcome.result == Result::died;
  StepsText steps = steps_text(probe, died, died && outcome.death.starts_with("took more"));
  if (died) steps.helpers.insert(Helper::watch);
  CProgram program;
  program.cplusplus = std::any_of(steps.functions.begin(), steps.functions.end(), is_operator) ||
                      steps.helpers.contains(Helper::handler);
  if (program.cplusplus) steps.headers.insert("<new>");
  for (const Function function :
       {Function::memalign, Function::valloc, Function::pvalloc, Function::malloc_usable_size}) {
    if (steps.functions.contains(function)) steps.headers.insert("<malloc.h>");
  }
  const Pointers called = pointers(target, steps.functions);
  if (!called.lookups.empty()) steps.headers.insert("<dlfcn.h>");
  // Of C++ the compiler defines it itself.
  const std::string_view gnu = program.cplusplus ? "" : "#define _GNU_SOURCE\n";
  program.text = head(target, about, program) + std::string(gnu) + includes(steps.helpers, steps);
  program.text += fmt::format("\nstatic const char clause[] = \"{}: {}\";\n", about.clause,
                              quoted(about.promise.substr(0, about.promise.find_last_not_of('.') + 1)));
  if (!called.declarations.empty())
    program.text +=
        "\n/* Pointers that no compiler sees through: it leaves no call out. */\n" + called.declarations;
  for (const Helper helper : steps.helpers) program.text += fmt::format("\n{}", text_of(helper));
  if (!steps.globals.empty()) program.text += "\n" + steps.globals;
  program.text += steps.parts;
  program.text += "\nint main(void) {\n" + called.lookups;
  if (died) program.text += "  watch();\n";
  program.text += steps.body;
  program.text += "  dprintf(1, \"%s: kept\\n\", clause);\n  _exit(0);\n}\n";
  return program;
}

}  // namespace poolhammer::contract
