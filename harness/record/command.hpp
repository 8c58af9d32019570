#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace poolhammer {

class SignalsHeld;

/// How a command ended.
struct CommandEnd {
  int exit_status = 0;  ///< as a shell gives it: 128 + the signal's number where a signal ended it
  int signal = 0;       ///< that signal, or 0
};

/// Runs a command with these variables added to the environment ("NAME=value", replacing the variable where
/// there is one), and waits for it. Meanwhile SIGINT and SIGQUIT are left to the command, which a terminal
/// sends them to as well; SIGTERM and SIGHUP are passed on to it. Throws InputError where it cannot be run.
/// Preconditions: the command is not empty; no other thread of this process leaves SIGCHLD unblocked.
[[nodiscard]] CommandEnd run_command(const std::vector<std::string>& command,
                                     const std::vector<std::string>& variables, const SignalsHeld& signals);

}  // namespace poolhammer
