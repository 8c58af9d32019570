#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>

namespace poolhammer::cli {

/// Exit statuses of every command.
enum class Exit : int {
  nothing_found = 0,
  finding = 1,
  bad_input = 2,      ///< bad usage too; said in one line
  machine_lacks = 3,  ///< said with what brings it
};

/// What the command line says is wrong, in one line without the program's name.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Standard output does not take the result; what() says so in one line.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Each adds its subcommand with its options to `app`, and what it does to `action` when it is the one
/// chosen.
using Action = std::function<Exit()>;
void add_run(CLI::App& app, Action& action);
void add_replay(CLI::App& app, Action& action);
void add_show(CLI::App& app, Action& action);
void add_record(CLI::App& app, Action& action);
void add_explore(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_minimize(CLI::App& app, Action& action);
void add_group(CLI::App& app, Action& action);

}  // namespace poolhammer::cli
