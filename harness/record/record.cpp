#include "harness/record/record.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "harness/base/format_error.hpp"
#include "harness/process/environment.hpp"
#include "harness/record/command.hpp"
#include "harness/record/log_file.hpp"
#include "harness/record/signals_held.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer {
namespace {

namespace fs = std::filesystem;

/// The directory of the raw logs: removed at the end, unless they are still needed.
class LogDirectory {
 public:
  explicit LogDirectory(const fs::path& output) {
    const char* temporary = std::getenv("TMPDIR");
    const bool given = temporary != nullptr && *temporary != '\0';
    const fs::path place = given ? fs::absolute(temporary) : fs::absolute(output).parent_path();
    std::string name = (place / "poolhammer-record-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw InputError(fmt::format("{}: cannot be written: {}", name, std::strerror(errno)));
    }
    path_ = name;
  }
  LogDirectory(const LogDirectory&) = delete;
  LogDirectory& operator=(const LogDirectory&) = delete;
  ~LogDirectory() {
    std::error_code ignored;
    if (!kept_) fs::remove_all(path_, ignored);
  }

  void keep() { kept_ = true; }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  bool kept_ = false;
};

struct StartedLog {
  LogFile file;
  fs::path path;
};

std::vector<StartedLog> logs_by_start(const fs::path& directory) {
  std::vector<StartedLog> logs;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (auto log = LogFile::open(entry.path())) logs.push_back({std::move(*log), entry.path()});
  }
  std::ranges::sort(logs, {}, [](const StartedLog& log) {
    const log::Header& header = log.file.header();
    return std::tuple(header.started_ns, header.pid, log.path);
  });
  return logs;
}

/// Whether the process still runs that program: its number may be another's by now, or that of a process
/// which has ended and waits for its parent.
bool is_running(const LogReport& report) {
  std::error_code error;
  const fs::path program = fs::read_symlink(fmt::format("/proc/{}/exe", report.pid), error);
  return !error && program == report.program;
}

/// Converts every log that can be, then throws what the first of the others threw.
std::vector<RecordedProcess> convert_all(const fs::path& directory, const RecordOptions& options) {
  std::vector<RecordedProcess> processes;
  std::exception_ptr first_error;
  std::map<std::uint32_t, std::size_t> last_of_pid;
  for (StartedLog& log : logs_by_start(directory)) {
    const fs::path file = numbered_output(options.output, processes.size() + 1);
    try {
      ConvertedLog converted = to_trace(log.file, options.layout);
      write_trace(file, converted.trace, options.text ? TraceFormat::text : TraceFormat::binary);
      last_of_pid[converted.report.pid] = processes.size();
      processes.push_back({file, std::move(converted.report)});
    } catch (const InputError&) {
      if (!first_error) first_error = std::current_exception();
    }
  }
  if (first_error) std::rethrow_exception(first_error);
  // A process that executed another program has several logs, of which only the last can still grow.
  for (const auto& [pid, index] : last_of_pid) processes[index].running = is_running(processes[index].report);
  return processes;
}

/// The variables by which a process and its children are recorded.
std::vector<std::string> recording_variables(const fs::path& library, const fs::path& logs) {
  const std::string path = fs::absolute(library).string();
  if (!fs::exists(path)) throw InputError(path + ": no such preload library");
  if (!can_be_preloaded(path)) {
    throw InputError(path + ": the loader preloads no file with a colon in its path, or a blank in its name");
  }
  std::vector<std::string> variables = preloading({path}, Inherited::all);
  variables.push_back("POOLHAMMER_RECORD_DIR=" + logs.string());
  return variables;
}

/// Whether traces can be written where they shall go is found out before the command runs, not after.
void check_output(const fs::path& output) {
  if (output.filename().empty() || fs::is_directory(output)) {
    throw InputError(output.string() + ": expected the name of a file for the trace");
  }
  const fs::path folder = fs::absolute(output).parent_path();
  if (!fs::is_directory(folder)) throw InputError(folder.string() + ": no such directory");
}

}  // namespace

fs::path find_record_library() {
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const std::string name = "libpoolhammer_record.so";
  for (const fs::path& folder : {here, here.parent_path() / "lib"}) {
    if (fs::exists(folder / name)) return folder / name;
  }
  throw InputError(
      fmt::format("{}: neither in {} nor in {}", name, here.string(), (here.parent_path() / "lib").string()));
}

fs::path numbered_output(const fs::path& output, std::size_t number) {
  if (number <= 1) return output;
  fs::path result = output;
  result.replace_filename(
      fmt::format("{}.{}{}", output.stem().string(), number, output.extension().string()));
  return result;
}

RecordResult record(const RecordOptions& options) try {
  if (options.command.empty()) throw InputError("expected a command to record");
  check_output(options.output);
  LogDirectory logs(options.output);
  const std::vector<std::string> variables =
      recording_variables(options.library.empty() ? find_record_library() : options.library, logs.path());
  const SignalsHeld signals;
  const CommandEnd end = run_command(options.command, variables, signals);
  RecordResult result{end.exit_status, end.signal, {}};
  try {
    result.processes = convert_all(logs.path(), options);
  } catch (const std::exception& error) {
    logs.keep();
    throw InputError(fmt::format("{}; the raw logs are kept in {}", error.what(), logs.path().string()));
  }
  return result;
} catch (const fs::filesystem_error& error) {
  throw InputError(fmt::format("{}: {}", error.path1().string(), error.code().message()));
}

}  // namespace poolhammer
