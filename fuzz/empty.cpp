// Does nothing: how many executions a second the engine and the support code allow at most, the ceiling
// beside which the other targets are measured.
#include "fuzz/support/target.hpp"

POOLHAMMER_FUZZ_TARGET(empty, .about = "nothing: the speed of the engine alone")
(std::span<const std::byte> /*input*/) {}
