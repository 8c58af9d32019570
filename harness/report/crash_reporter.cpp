#include "harness/report/crash_reporter.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <utility>

#include "harness/process/limits.hpp"
#include "harness/report/death_hooks.hpp"
#include "harness/trace/binary.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view while_made = "  before the first operation, while the allocator is made\n";

std::atomic<const CrashReport*> prepared = nullptr;  ///< null: a death is none of ours

void on_death(Death death) noexcept {
  const CrashReport* const report = prepared.load();
  if (report == nullptr) return;
  const int save_error = save_input(*report);
  const bool is_hang = hung_by_own_limit(death.signal);
  if (death.signal != 0 && !is_hang) write_signal(death.signal);
  write_crash_report(*report, is_hang ? "hang" : "crash", save_error);
  // A sanitizer ends the process in its own way.
  if (death.signal != 0) _exit(1);
}

}  // namespace

CrashReporter::CrashReporter(std::string prefix, std::string replay_options)
    : prefix_(std::move(prefix)), replay_options_(std::move(replay_options)) {
  install_death_hooks(&on_death);
  // How a limit of its own time ends a process.
  hook_signal(SIGALRM);
  hook_signal(SIGPROF);
}

CrashReporter::~CrashReporter() {
  nothing();
}

void CrashReporter::about(const Trace& trace, std::string_view subject) {
  nothing();
  bytes_ = encode(trace);
  trace_bytes_ = bytes_.size();
  layout_ = trace.layout;
  file_ = file_for(trace);
  command_ = command_for(file_, trace, subject);
  report_ = {.file = file_.c_str(), .input = bytes_, .lead_in = {}, .command = command_};
  prepare({});
}

void CrashReporter::about_making(std::string_view subject) {
  about({}, subject);
  prepare(while_made);
}

void CrashReporter::about_making_for(const std::string& command) {
  about_file(command);
  prepare(while_made);
}

void CrashReporter::prepare(std::string_view lead_in) {
  report_.lead_in = lead_in;
  prepared.store(&report_);
  limit_own_time(std::chrono::seconds(hang_seconds_));
}

void CrashReporter::about_more(std::span<const Operation> more) {
  bytes_.resize(trace_bytes_ + more.size() * record_bytes);
  const std::span bytes(bytes_);
  encode_header(layout_, operations_in(bytes.size()), bytes.first<header_bytes>());
  for (std::size_t i = 0; i < more.size(); ++i) {
    encode_record(more[i], bytes.subspan(trace_bytes_ + i * record_bytes).first<record_bytes>());
  }
  report_.input = bytes_;
}

void CrashReporter::about_file(const std::string& command) {
  nothing();
  command_ = command;
  report_ = {.file = nullptr, .input = {}, .lead_in = {}, .command = command_};
  prepare({});
}

void CrashReporter::nothing() {
  limit_own_time({});
  prepared.store(nullptr);
}

std::string CrashReporter::command_for(const std::string& file, const Trace& trace,
                                       std::string_view subject) const {
  const bool named_by_trace = subject == "pymalloc:" + std::string(word(trace.layout));
  return replay_command(file, named_by_trace ? "" : subject, replay_options_);
}

}  // namespace poolhammer
