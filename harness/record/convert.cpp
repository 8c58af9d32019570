#include "harness/record/convert.hpp"

#include <fmt/format.h>

#include <cstring>
#include <unordered_map>
#include <utility>

#include "harness/base/counted.hpp"
#include "harness/base/format_error.hpp"
#include "harness/record/log_file.hpp"
#include "harness/trace/import_builder.hpp"

namespace poolhammer {
namespace {

/// Merges the events of a process's threads into one sequence of calls.
class LogReader {
 public:
  void take(const log::Event& event, std::uint64_t offset) {
    builder_.at_offset(offset);
    builder_.on_thread(threads_.try_emplace(event.thread, threads_.size()).first->second);
    switch (event.kind) {
      case log::EventKind::malloc:
        return builder_.malloc(event.address, event.size);
      case log::EventKind::calloc:
        return builder_.calloc(event.address, event.other, event.size);
      case log::EventKind::aligned:
        return builder_.aligned(event.address, event.other, event.size);
      case log::EventKind::free:
        return builder_.free(event.address);
      case log::EventKind::realloc_begin:
        return begin_realloc(event);
      case log::EventKind::realloc_end:
        return end_realloc(event);
    }
  }

  ConvertedLog finish(LogReport report) {
    while (!moving_.empty()) give_up(moving_.begin()->first);
    report.threads = threads_.size();
    report.peak_blocks = builder_.peak_blocks();
    report.live_blocks = builder_.live_blocks();
    Imported imported = builder_.finish();
    report.import = imported.report;
    report.operations = imported.trace.operations.size();
    return {std::move(imported.trace), std::move(report)};
  }

 private:
  /// The name of a block while `thread` reallocates it: its address may by now be another block's. No address
  /// of a program has the highest bit.
  static std::uint64_t moving_name(std::uint32_t thread) { return (std::uint64_t{1} << 63U) | thread; }

  void begin_realloc(const log::Event& event) {
    give_up(event.thread);
    moving_.emplace(event.thread, event.address);
    builder_.rename(event.address, moving_name(event.thread));
  }

  void end_realloc(const log::Event& event) {
    const auto begun = moving_.find(event.thread);
    // Without its beginning (realloc of a null pointer, or a lost event) the call is all there is.
    if (begun == moving_.end() || begun->second != event.other) {
      return builder_.realloc(event.other, event.address, event.size);
    }
    moving_.erase(begun);
    builder_.realloc(moving_name(event.thread), event.address, event.size);
    const bool unchanged = event.address == 0 && event.size != 0;
    if (unchanged) builder_.rename(moving_name(event.thread), event.other);
  }

  /// A realloc that never ended: killed within, or its end was lost. The block counts as it was.
  void give_up(std::uint32_t thread) {
    const auto begun = moving_.find(thread);
    if (begun == moving_.end()) return;
    builder_.rename(moving_name(thread), begun->second);
    builder_.incomplete_call();
    moving_.erase(begun);
  }

  ImportBuilder builder_;
  std::unordered_map<std::uint32_t, std::uint64_t> moving_;   // by thread: the address it reallocates
  std::unordered_map<std::uint32_t, std::uint64_t> threads_;  // in the order of their first calls
};

}  // namespace

std::string to_string(const LogReport& report) {
  std::string text =
      fmt::format("{} (process {}): {}, {}, at most {} at a time, {} never freed", report.program, report.pid,
                  counted(report.operations, "operation"), counted(report.threads, "thread"),
                  counted(report.peak_blocks, "block"), report.live_blocks);
  if (const std::string import = to_string(report.import); !import.empty()) text += "; " + import;
  if (report.lost != 0)
    text += fmt::format("; {} inside signal handlers not seen", counted(report.lost, "call"));
  if (report.stopped != 0) {
    text += fmt::format("; the recording stopped early: {}", std::strerror(report.stopped));
  }
  return text;
}

ConvertedLog to_trace(LogFile& log, LayoutId layout) {
  const log::Header& header = log.header();
  LogReport report;
  report.program = header.program;
  report.pid = header.pid;
  report.parent_pid = header.parent_pid;
  report.started_ns = header.started_ns;
  report.lost = header.lost;
  report.stopped = header.stopped;

  LogReader reader;
  try {
    log.for_each([&](const log::Event& event, std::uint64_t offset) { reader.take(event, offset); });
  } catch (const FormatError& error) {
    log.fail(error.what());
  }
  ConvertedLog converted = reader.finish(std::move(report));
  converted.trace.layout = layout;
  return converted;
}

ConvertedLog to_trace(const std::filesystem::path& path, LayoutId layout) {
  auto log = LogFile::open(path);
  if (!log) throw InputError(fmt::format("{}: the process ended before its log began", path.string()));
  return to_trace(*log, layout);
}

}  // namespace poolhammer
