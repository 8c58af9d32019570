#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/text_sink.hpp"
#include "harness/trace/own_operation.hpp"

namespace poolhammer {

// The lines of a report, whether a living process reports its finding or a dying one its crash.
// Async-signal-safe where the sink is.

/// "FINDING: shadow.contents", the first line.
void write_heading(TextSink& out, std::string_view oracle);

/// "  at operation 12: free 3".
void write_step(TextSink& out, std::uint64_t index, std::string_view operation);
void write_step(TextSink& out, std::uint64_t index, const Operation& operation,
                std::span<const OwnOperation> own = {});

/// "  after all 12 operations (final drain)"; an empty `stage` is left out.
void write_step_after_all(TextSink& out, std::uint64_t operations, std::string_view stage);

/// "  where:    ", the beginning of an entry; `title` has its colon.
void write_title(TextSink& out, std::string_view title);
/// "  where:    arena 0, pool 2", an entry.
void write_entry(TextSink& out, std::string_view title, std::string_view text);
[[nodiscard]] std::string report_entry(std::string_view title, std::string_view text);

}  // namespace poolhammer
