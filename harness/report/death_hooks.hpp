#pragma once

#include <array>
#include <csignal>

namespace poolhammer {

/// The signals of which a process dies by a fault of its own.
inline constexpr std::array fatal_signals = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};

/// A signal that ends the process; 0 where a sanitizer does, which has said why.
struct Death {
  int signal = 0;
};

/// Called once in the dying process, so it must be async-signal-safe. Where it returns, the process dies as
/// it would have died without it.
using DeathHandler = void (*)(Death death) noexcept;

/// Has `handler` called after a sanitizer's report and at the fatal signals. A signal that somebody handles
/// already is left to them: a sanitizer reports a bad access with its stack, and then calls back. A second
/// death while the handler runs ends the process.
void install_death_hooks(DeathHandler handler);

/// The same at one more signal.
void hook_signal(int signal);

}  // namespace poolhammer
