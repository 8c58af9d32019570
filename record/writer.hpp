#pragma once

#include <cstddef>
#include <cstdint>

#include "record/log_format.hpp"

namespace poolhammer::log {

/// Starts the log of this process where POOLHAMMER_RECORD_DIR names a directory (by an absolute path), else
/// does nothing. The first append does the same: calls come before any constructor of ours.
void start() noexcept;

/// Appends one event to the log of this process. Never allocates and leaves errno alone. Where the log cannot
/// grow (a full disk, no descriptor left), the recording ends with one line on standard error, and the
/// program goes on.
void append(EventKind kind, const void* address, std::size_t size, std::uint64_t other) noexcept;

}  // namespace poolhammer::log
