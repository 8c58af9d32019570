#pragma once

#include "harness/contract/probe.hpp"

namespace poolhammer::contract {

/// Whether `candidate`, made from the lawful `original` by leaving steps out or with other numbers, demands
/// nothing that a contract does not promise. Both end with the step that is broken (and the ends of what
/// encloses it). Judges by what is known beforehand: a library that keeps the promise is the second judge.
[[nodiscard]] bool lawful(const Probe& candidate, const Probe& original);

}  // namespace poolhammer::contract
