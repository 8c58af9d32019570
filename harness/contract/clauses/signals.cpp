#include "harness/contract/clause.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t signals_most = 10'000;

[[nodiscard]] Operation handled(const Operation& operation) {
  return in_context(Context::signal_handler, operation);
}
[[nodiscard]] Operation elsewhere(const Operation& operation) {
  return in_context(Context::alternate_stack, operation);
}

/// Blocks go back and forth between the program and its handlers.
[[nodiscard]] Program to_and_fro(Function function, std::uint64_t size) {
  const auto block = [=](std::uint32_t slot) { return allocation(slot, function, size); };
  Program program = {block(0),
                     handled(block(1)),
                     elsewhere(block(2)),
                     handled(block(6)),
                     elsewhere(block(7)),
                     handled(freeing(0)),
                     elsewhere(freeing(1)),
                     freeing(2),
                     handled(block(3)),
                     handled(allocation(3, Function::realloc, 2 * size)),
                     elsewhere(allocation(3, Function::realloc, 4 * size)),
                     block(4),
                     elsewhere(block(5)),
                     act(OperationKind::check)};
  return program;
}

/// A thread's first call comes from a handler. Each frees its own blocks: of others' there is another clause.
[[nodiscard]] Program born_in_handlers(Function function, std::uint64_t size) {
  const auto block = [=](std::uint32_t slot) { return allocation(slot, function, size); };
  return {on_thread(1, elsewhere(block(0))),   on_thread(2, handled(block(1))),   on_thread(1, block(2)),
          on_thread(1, elsewhere(freeing(0))), on_thread(2, handled(freeing(1))), on_thread(2, block(3)),
          on_thread(1, handled(block(4))),     act(OperationKind::check)};
}

[[nodiscard]] std::vector<Program> handler_programs(const Knowledge& knowledge, Function function) {
  std::vector<Program> programs;
  for (const std::uint64_t size : telling_sizes(knowledge, signals_most)) {
    const std::uint64_t asked = askable(function, size);
    programs.push_back(to_and_fro(function, asked));
    // One in eight: threads cost more than all else.
    if (size % 8 == 0) programs.push_back(born_in_handlers(function, asked));
  }
  for (const std::uint64_t size : large_sizes())
    programs.push_back(to_and_fro(function, askable(function, size) / 4));
  return programs;
}

/// An alignment may be refused for itself.
[[nodiscard]] std::optional<Complaint> met_in_handler(const ObservedCall& seen) {
  const bool asked = seen.around.in_signal_handler && !asks_alignment(seen.call.function);
  return demand_block(seen, asked, "a block, as outside of signal handlers");
}

const ClauseRegistration signals_handler({
    .id = "signals.handler",
    .tier = Tier::must,
    .promise =
        "The handler of a signal that the program raises between two calls may allocate and free, also "
        "on an alternate stack.",
    .source = "POSIX.1-2024 XSH 2.4.3, ISO C17 7.14.1.1p5: only what interrupts an unsafe function, or was "
              "not raised, is confined",
    .functions = {Function::malloc, Function::calloc, Function::realloc, Function::posix_memalign},
    .standard_only = true,
    .judge = met_in_handler,
    .oracles = {contents_kept, disjoint_blocks, "shadow.kept"},
    .programs = handler_programs,
});

}  // namespace
}  // namespace poolhammer::contract
