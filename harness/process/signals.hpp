#pragma once

#include <array>
#include <csignal>

namespace poolhammer {

/// The signals by which a person, a terminal or a service manager asks a process to end.
inline constexpr std::array ending_signals = {SIGINT, SIGTERM, SIGHUP};

}  // namespace poolhammer
