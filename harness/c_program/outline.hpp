#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>

#include "harness/trace/operation.hpp"

namespace poolhammer::c {

/// What is found out of the steps before they are written.
struct Outline {
  std::set<std::uint32_t> unsure;     ///< slots whose block may be another than is planned
  std::set<std::uint32_t> filled_up;  ///< slots whose blocks are filled up to their usable size
  bool parts = false;  ///< steps of other threads and signal handlers stand in functions of their own
  bool lasting_threads = false;  ///< one rests between two of its steps, or before its end
};

/// `limited`: any request may be refused.
[[nodiscard]] Outline outline_of(std::span<const Operation> operations, bool limited);

/// Whether an allocator that keeps its promises may well refuse the request even where memory is not limited.
[[nodiscard]] bool may_be_refused(const Operation& request);

/// Whether the step limits what later requests find.
[[nodiscard]] bool limits_memory(const Operation& operation);

/// The thread that performs the step: none where it is no matter.
[[nodiscard]] std::optional<std::uint8_t> thread_of(const Operation& operation);

}  // namespace poolhammer::c
