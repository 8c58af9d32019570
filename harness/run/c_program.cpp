#include "harness/run/c_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// The slots that a trace uses, ascending: the program numbers them densely.
[[nodiscard]] std::vector<std::uint32_t> slots_of(const Trace& trace) {
  std::vector<std::uint32_t> slots;
  for (const Operation& operation : trace.operations) {
    if (operation.has_slot()) slots.push_back(operation.slot);
  }
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

}  // namespace

std::string to_c_program(const Trace& trace) {
  const std::vector<std::uint32_t> slots = slots_of(trace);
  std::string program;
  const auto out = std::back_inserter(program);
  fmt::format_to(
      out,
      "#include <stdio.h>\n#include <stdlib.h>\n\n"
      "/* {} operations, made for the layout {} */\n"
      "static void* p[{}];\n\n"
      "/* an allocation into a slot that holds a block is left out */\n"
      "#define INTO(i, call) do {{ if (p[i] == NULL) p[i] = (call); }} while (0)\n"
      "/* a failed realloc leaves the block as it was; realloc to 0 bytes is left open by ISO C */\n"
      "static void resize(size_t i, size_t size) {{\n"
      "  void* moved = realloc(p[i], size == 0 ? 1 : size);\n"
      "  if (moved != NULL) p[i] = moved;\n"
      "}}\n"
      "static void release(size_t i) {{\n  free(p[i]);\n  p[i] = NULL;\n}}\n\n"
      "int main(void) {{\n",
      trace.operations.size(), word(trace.layout), std::max<std::size_t>(slots.size(), 1));
  for (const Operation& operation : trace.operations) {
    const auto slot = std::lower_bound(slots.begin(), slots.end(), operation.slot) - slots.begin();
    switch (operation.kind) {
      case OperationKind::malloc:
        fmt::format_to(out, "  INTO({}, malloc({}u));\n", slot, operation.size);
        break;
      case OperationKind::calloc:
        fmt::format_to(out, "  INTO({}, calloc({}u, {}u));\n", slot, operation.count, operation.size);
        break;
      case OperationKind::realloc:
        fmt::format_to(out, "  resize({}, {}u);\n", slot, operation.size);
        break;
      case OperationKind::free:
        fmt::format_to(out, "  release({});\n", slot);
        break;
      default:
        fmt::format_to(out, "  /* {} */\n", to_text(operation));
        break;
    }
  }
  fmt::format_to(out,
                 "  for (size_t i = 0; i < sizeof p / sizeof p[0]; ++i) release(i);\n"
                 "  return puts(\"done\") < 0;\n}}\n");
  return program;
}

}  // namespace poolhammer
