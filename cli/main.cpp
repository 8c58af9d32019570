#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "harness/base/format_error.hpp"

namespace {

using namespace poolhammer;
using cli::complain;
using cli::Exit;

constexpr const char* introduction =
    "poolhammer hammers memory allocators with programs of malloc, calloc, realloc and free,\n"
    "and tells at the first wrong step what broke.";

constexpr const char* start_here = R"(Start here:
  poolhammer run --seconds 10                 hammer pymalloc with random programs
  poolhammer check ./libfoo.so                try what C and POSIX promise on any library
  poolhammer record -o ls.trace -- ls -l      record what a real program allocates
  poolhammer replay ls.trace --subject libc   run that again on any subject, judged at every step
  poolhammer show ls.trace                    read it
  poolhammer minimize finding-1234.trace      the shortest program that shows the same finding
  poolhammer group crashes                    which bugs a folder of crash files shows
  poolhammer explore                          every program on a tiny heap, shortest first

Every command tells more: poolhammer run --help
)";

constexpr const char* exit_statuses = R"(Exit status:
  0  nothing found
  1  a finding: the last line printed is the command that shows it again
  2  bad usage or bad input, said in one line
  3  the machine lacks something, said with what brings it)";

[[nodiscard]] std::string subjects() {
  std::string text = "Subjects, the allocators under test:\n";
  for (const SubjectKind& kind : subject_kinds())
    text += fmt::format("  {:<20}{}\n", kind.name, kind.meaning);
  return text +
         fmt::format("  {:<20}{}\n", "lib:PATH",
                     "a library's malloc, calloc, realloc and free, in a process of its own: a path, or a "
                     "name such as libjemalloc.so.2");
}

/// What the command line's parser says is wrong, as one line that names the help to read.
[[nodiscard]] std::string usage_error(const CLI::App& app, const CLI::ParseError& error, int argc,
                                      char** argv) {
  const auto chosen = app.get_subcommands();
  if (!chosen.empty())
    return fmt::format("{} (see poolhammer {} --help)", error.what(), chosen.front()->get_name());
  std::string commands;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    commands += (commands.empty() ? "" : ", ") + command->get_name();
  }
  const std::string found = argc > 1 ? fmt::format("'{}'", argv[1]) : "nothing";
  return fmt::format("expected a command ({}), found {} (see poolhammer --help)", commands, found);
}

[[nodiscard]] Exit perform(const cli::Action& action) {
  try {
    return action();
  } catch (const InputError& error) {
    complain(error.what());
    return Exit::bad_input;
  } catch (const cli::UsageError& error) {
    complain(error.what());
    return Exit::bad_input;
  } catch (const cli::OutputError& error) {
    complain(error.what());
    return Exit::bad_input;
  } catch (const std::bad_alloc&) {
    complain("out of memory");
    return Exit::machine_lacks;
  } catch (const std::exception& error) {
    complain(error.what());
    return Exit::machine_lacks;
  }
}

/// A result that did not reach its reader is no result.
[[nodiscard]] int finish(Exit status) {
  if (std::fflush(stdout) == 0) return static_cast<int>(status);
  complain(fmt::format("standard output: cannot be written: {}", std::strerror(errno)));
  return static_cast<int>(Exit::bad_input);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(introduction, "poolhammer");
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", "poolhammer " POOLHAMMER_VERSION, "print the version");
  app.require_subcommand(1);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  cli::Action action;
  cli::add_run(app, action);
  cli::add_replay(app, action);
  cli::add_show(app, action);
  cli::add_record(app, action);
  cli::add_explore(app, action);
  cli::add_check(app, action);
  cli::add_minimize(app, action);
  cli::add_group(app, action);
  app.footer(fmt::format("{}\n{}\n{}", start_here, subjects(), exit_statuses));
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    action = [&app] { return cli::put(app.help()), Exit::nothing_found; };
  } catch (const CLI::CallForVersion& version) {
    action = [text = fmt::format("{}\n", version.what())] { return cli::put(text), Exit::nothing_found; };
  } catch (const CLI::ParseError& error) {
    complain(usage_error(app, error, argc, argv));
    return static_cast<int>(Exit::bad_input);
  }
  return finish(perform(action));
}
