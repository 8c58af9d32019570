#pragma once

#include <span>

#include "harness/contract/report.hpp"
#include "harness/report/known.hpp"

namespace poolhammer::contract {

/// Marks the findings that are known, and says which entries nothing breaks any more. Entries of clauses that
/// were not tried to the end are not spoken of.
void apply(const Known& known, CheckReport& report);
/// Accepts all that is broken in the reports; reasons that are there stay. Entries of these libraries that
/// nothing breaks go.
void accept(Known& known, std::span<const CheckReport> reports);

}  // namespace poolhammer::contract
