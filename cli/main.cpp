#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/commands.hpp"
#include "harness/trace/format_error.hpp"

namespace {

using namespace poolhammer;
using cli::Exit;

constexpr const char* footer = R"(
Start here:
  poolhammer run --seconds 10                 hammer the home allocator with random programs
  poolhammer record -o ls.trace -- ls -l      record what a real program allocates
  poolhammer replay ls.trace --subject libc   run that again on any subject, judged at every step
  poolhammer show ls.trace                    read it

Subjects: pymalloc:classic, pymalloc:aligned16, pymalloc:modern, pymalloc:tiny, libc.
Exit status: 0 nothing found, 1 a finding, 2 bad usage or input, 3 the machine lacks something.)";

Exit complain(const char* what, Exit status) {
  std::fflush(stdout);
  fmt::print(stderr, "poolhammer: {}\n", what);
  return status;
}

Exit perform(const cli::Action& action) {
  try {
    return action();
  } catch (const InputError& error) {
    return complain(error.what(), Exit::bad_input);
  } catch (const cli::UsageError& error) {
    return complain(error.what(), Exit::bad_input);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", Exit::machine_lacks);
  } catch (const std::exception& error) {
    return complain(error.what(), Exit::machine_lacks);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "poolhammer hammers memory allocators with programs of malloc, calloc, realloc and free,\n"
      "and tells at the first wrong step what broke.",
      "poolhammer");
  app.footer(footer);
  app.set_version_flag("--version", "poolhammer " POOLHAMMER_VERSION);
  app.require_subcommand(1);
  cli::Action action;
  cli::add_run(app, action);
  cli::add_replay(app, action);
  cli::add_show(app, action);
  cli::add_record(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return static_cast<int>(
        complain(fmt::format("{} (see poolhammer --help)", error.what()).c_str(), Exit::bad_input));
  }
  Exit status = perform(action);
  // A result that did not reach its reader is no result.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    status = complain(fmt::format("standard output: {}", std::strerror(errno)).c_str(), Exit::bad_input);
  }
  return static_cast<int>(status);
}
