// The debug layer: the input is a program that is correct but for at most one misuse of a block, and the
// layer must say exactly that: kind, byte, block and domain, and nothing where nothing was planted.
#include "allocator/debug/testing/misused_program.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"

POOLHAMMER_FUZZ_TARGET(debug_layer, .about = "the debug layer, which must name the one misuse of a program")
(std::span<const std::byte> input) {
  const pymalloc::MisuseOutcome outcome = pymalloc::MisusedProgram(input).run();
  poolhammer::fuzz::tally().operations += outcome.steps;
  if (outcome.complaint.empty()) return;
  const std::string_view planted = outcome.planted ? to_string(*outcome.planted) : "nothing";
  poolhammer::fuzz::report({.oracle = "debug-layer.diagnosis",
                            .operation_index = outcome.steps,
                            .operation = "planted: " + std::string(planted),
                            .where = {},
                            .expected = "the diagnosis that the client's model gives",
                            .found = outcome.complaint});
}
