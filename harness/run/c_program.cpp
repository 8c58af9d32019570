#include "harness/run/c_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
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

// What each operation of a slot becomes. A program gets only those that it calls, as an unused function is a
// warning. The sizes are volatile because a compiler would warn of one that is too large on purpose, the
// slots because it would leave out a block that nobody looks at.
struct Helper {
  OperationKind kind;
  std::string_view text;
};
constexpr std::array<Helper, 3> helpers = {{
    {OperationKind::malloc,
     "static void allocate(size_t slot, volatile size_t size) {\n"
     "  if (p[slot] == NULL) p[slot] = malloc(size);\n"
     "}\n"},
    {OperationKind::calloc,
     "static void allocate_zeroed(size_t slot, volatile size_t count, volatile size_t size) {\n"
     "  if (p[slot] == NULL) p[slot] = calloc(count, size);\n"
     "}\n"},
    {OperationKind::realloc,
     "static void resize(size_t slot, volatile size_t size) {\n"
     "  void *moved = realloc(p[slot], size == 0 ? 1 : size); /* ISO C leaves 0 open */\n"
     "  if (moved != NULL) p[slot] = moved;\n"
     "}\n"},
}};

[[nodiscard]] std::string statement(const Operation& operation, std::size_t slot) {
  switch (operation.kind) {
    case OperationKind::malloc:
      return fmt::format("allocate({}, {}u);", slot, operation.size);
    case OperationKind::calloc:
      return fmt::format("allocate_zeroed({}, {}u, {}u);", slot, operation.count, operation.size);
    case OperationKind::realloc:
      return fmt::format("resize({}, {}u);", slot, operation.size);
    case OperationKind::free:
      return fmt::format("release({});", slot);
    default:
      return fmt::format("/* {} */", to_text(operation));
  }
}

}  // namespace

std::string to_c_program(const Trace& trace) {
  const std::vector<std::uint32_t> slots = slots_of(trace);
  std::string program;
  const auto out = std::back_inserter(program);
  fmt::format_to(out,
                 "/* A program of {} operations, made for the layout {}. Like the trace, it leaves out an\n"
                 "   allocation into a slot that holds a block, and keeps a block whose realloc fails. */\n"
                 "#include <stdlib.h>\n\n"
                 "static void *volatile p[{}];\n\n",
                 trace.operations.size(), word(trace.layout), std::max<std::size_t>(slots.size(), 1));
  for (const Helper& helper : helpers) {
    const auto is_called = [&](const Operation& operation) { return operation.kind == helper.kind; };
    if (std::any_of(trace.operations.begin(), trace.operations.end(), is_called)) program += helper.text;
  }
  program +=
      "static void release(size_t slot) {\n"
      "  free(p[slot]);\n"
      "  p[slot] = NULL;\n"
      "}\n\n"
      "int main(void) {\n";
  for (const Operation& operation : trace.operations) {
    const auto slot = std::lower_bound(slots.begin(), slots.end(), operation.slot) - slots.begin();
    fmt::format_to(out, "  {}\n", statement(operation, static_cast<std::size_t>(slot)));
  }
  program +=
      "  for (size_t slot = 0; slot < sizeof p / sizeof p[0]; ++slot) release(slot);\n"
      "  return 0;\n"
      "}\n";
  return program;
}

}  // namespace poolhammer
