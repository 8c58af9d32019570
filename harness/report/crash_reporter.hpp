#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/report/commands.hpp"
#include "harness/report/crash_report.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Makes sure that a run which kills the process (a sanitizer's report, an abort, a stray signal, a hang)
/// still leaves its trace and, as the last line, the command that shows it again. The process then ends with
/// status 1, as for any other finding. One at a time in a process, and only for runs on the thread that made
/// it.
class CrashReporter {
 public:
  /// Traces are written to `prefix` + finding_file_name(); the runs are shown again by replays with
  /// `replay_options`.
  explicit CrashReporter(std::string prefix, std::string replay_options = {});
  CrashReporter(const CrashReporter&) = delete;
  CrashReporter& operator=(const CrashReporter&) = delete;
  ~CrashReporter();

  /// From now on runs are shown again by replays with these options.
  void replay_with(std::string replay_options) { replay_options_ = std::move(replay_options); }

  /// A run that computes for longer than this, or waits for ten times as long, is a hang, and ends as a death
  /// does. 0, as at first: none does.
  void call_it_a_hang_after(unsigned seconds) { hang_seconds_ = seconds; }

  /// From now on a death is about `trace` on the subject of that name; the trace is written when it happens.
  void about(const Trace& trace, std::string_view subject);
  /// From now on a death is about making the subject of that name, before any operation: an empty trace shows
  /// it again.
  void about_making(std::string_view subject);
  /// The same for a file that is there already.
  void about_making_for(const std::string& command);
  /// From now on a death is about that trace with `more` after it, in the same file. Cheap, for a caller who
  /// tries one last step after the other; each call takes the place of the one before.
  void about_more(std::span<const Operation> more);
  /// From now on a death is about a file that is there already.
  void about_file(const std::string& command);
  /// From now on a death is none of ours.
  void nothing();

  /// The file of a trace that found something, and the command that shows it again.
  [[nodiscard]] std::string file_for(const Trace& trace) const { return prefix_ + finding_file_name(trace); }
  [[nodiscard]] std::string command_for(const std::string& file, const Trace& trace,
                                        std::string_view subject) const;

 private:
  std::string prefix_;
  std::string replay_options_;
  unsigned hang_seconds_ = 0;
  void prepare(std::string_view lead_in);

  // What a handler needs, made ready beforehand: a handler allocates nothing.
  CrashReport report_;
  std::vector<std::byte> bytes_;
  std::size_t trace_bytes_ = 0;  ///< of `bytes_`, without what about_more() put after them
  LayoutId layout_ = LayoutId::classic;
  std::string file_;
  std::string command_;
};

}  // namespace poolhammer
