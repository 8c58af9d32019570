#include "harness/c_program/pointers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/c_program/names.hpp"

namespace poolhammer::c {
namespace {

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

}  // namespace

bool LibraryCallee::has(Function function) const {
  return target_.standard() ||
         std::ranges::any_of(target_.symbols, [&](const auto& symbol) { return symbol.first == function; });
}

CalledText LibraryCallee::text(const Used& used) const {
  CalledText text;
  const bool by_name = !target_.standard();
  if (by_name) {
    text.setup = fmt::format(
        "  void *library = dlopen(\"{}\", RTLD_NOW);\n"
        "  if (library == NULL) return dprintf(2, \"%s\\n\", dlerror()), 2;\n",
        quoted(target_.module));
  }
  for (const Function function : used.functions) {
    const Pointer type = pointer_type(function);
    const std::string name = pointer_name(function);
    const std::string declared = fmt::format(fmt::runtime(type.declaration), name);
    if (!by_name && !undeclared(function)) {
      text.declarations += fmt::format("static {} = {};\n", declared, expression(function));
      continue;
    }
    std::string symbol = facts(function).symbol;
    for (const auto& [each, own] : target_.symbols) {
      if (each == function) symbol = own;
    }
    text.declarations += fmt::format("static {};\n", declared);
    text.setup += fmt::format("  {} = ({})dlsym({}, \"{}\");\n", name, type.type,
                              by_name ? "library" : "RTLD_DEFAULT", symbol);
    text.setup += fmt::format("  if ({} == NULL) return dprintf(2, \"no {}\\n\"), 2;\n", name, symbol);
  }
  if (!text.declarations.empty())
    text.declarations =
        "\n/* Pointers that no compiler sees through: it leaves no call out. */\n" + text.declarations;
  if (!text.setup.empty()) text.headers.insert("<dlfcn.h>");
  for (const Function function :
       {Function::memalign, Function::valloc, Function::pvalloc, Function::malloc_usable_size}) {
    if (used.functions.contains(function)) text.headers.insert("<malloc.h>");
  }
  return text;
}

std::string LibraryCallee::run_with() const {
  return target_.library.path.empty() ? "" : fmt::format("LD_PRELOAD={} ", target_.library.path);
}

std::string quoted(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter == '\n' ? ' ' : letter;
  }
  return out;
}

}  // namespace poolhammer::c
