#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What an import could not take over as it stood in the log.
struct ImportReport {
  /// Calls of free and realloc on blocks that the log does not allocate: left out (realloc: taken as malloc).
  std::uint64_t skipped_frees = 0;
  /// Blocks freed because the log hands their address out again.
  std::uint64_t implied_frees = 0;
  /// Aligned allocations, taken as malloc of their size.
  std::uint64_t aligned_as_plain = 0;
  /// Allocations that failed when logged: kept, with a free behind, in case they succeed now.
  std::uint64_t refused = 0;
  /// Calls cut off by the end of the log: left out.
  std::uint64_t incomplete = 0;

  friend bool operator==(const ImportReport&, const ImportReport&) = default;
};

/// One line such as "2 frees of blocks from before the log left out; 1 aligned allocation taken as malloc";
/// empty where there is nothing to say.
[[nodiscard]] std::string to_string(const ImportReport& report);

struct Imported {
  Trace trace;
  ImportReport report;
};

// All importers (see importer.hpp) throw FormatError with the line, what was expected there and what was
// found. Each log is that of one process: a log that holds several is refused, with a hint how to part it,
// because the processes' addresses overlap. A call of free with a null pointer does nothing and is left out.

}  // namespace poolhammer
