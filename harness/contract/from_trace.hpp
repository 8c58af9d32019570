#pragma once

#include "harness/contract/probe.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::contract {

/// The program as a probe that expects after every call what the shadow heap demands of it: alignment, no
/// overlap, zeros, contents that are kept. Steps that are passed over whatever the allocator does are left
/// out, as are commands to the world below. Nothing where a probe has no room for the program's slots or
/// threads.
[[nodiscard]] Probe probe_of(const Trace& trace);

}  // namespace poolhammer::contract
