// How a program's records are judged.
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "harness/library/library_runner.hpp"
#include "harness/library/logged_subject.hpp"

namespace poolhammer::library {
namespace {

void add(const RunStatistics& more, RunStatistics& to) {
  to.operations += more.operations;
  to.skipped += more.skipped;
  to.refused += more.refused;
  to.checks += more.checks;
  to.peak_live_blocks += more.peak_live_blocks;
  to.peak_live_bytes += more.peak_live_bytes;
}

[[nodiscard]] Finding handed_over(const StepRecord& record, std::size_t operations) {
  return {"shadow.handed-over",
          operations,
          std::string(finding_at_end),
          "",
          "a block from another thread to hold what that thread wrote",
          fmt::format("{:#04x} instead of {:#04x} in byte {} of a block of {} at {:#x}", record.found,
                      record.expected, record.offset, record.usable, record.wrong_block)};
}

}  // namespace

/// Judges what the client saw, which shows the first wrong step also where the process died later of it.
Verdict LibraryRunner::judge(const Trace& trace, const RunOptions& options,
                             const std::optional<ProcessEnd>& end) {
  const std::size_t operations = trace.operations.size();
  const auto records = records_in(worker_->memory(), operations);
  LoggedSubject subject(present_, records.first(operations), records[operations], options_.observe,
                        options_.symbols.empty(), learned_ && learned_->bounded);
  RunOptions here = options;
  here.progress_every = 0;
  here.step_shown_at = &subject.step();
  // Before the drain, which would hide what the program did by itself.
  here.after_last_step = [this](const Subject& seen) {
    constexpr std::size_t most_features = 1024;
    if (!options_.observe) return;
    features_.resize(most_features);
    features_.resize(seen.features(features_));
  };
  features_.clear();
  try {
    Verdict verdict = poolhammer::run(trace, subject, here);
    if (verdict.finding || !end) return verdict;
  } catch (const RecordsEnd&) {
    // The worker stopped at what no oracle was to look at, or could not free all in time.
    if (!end && (!options.only.empty() || holds_blocks())) return {{}, {.operations = subject.step()}};
    if (!end)
      throw std::runtime_error(fmt::format("{}: its records end before its program", setup_.library.name));
  }
  return dead(*end, trace);
}

Verdict LibraryRunner::judge_parts(const Trace& trace, const RunOptions& options,
                                   const std::optional<ProcessEnd>& end) {
  const std::size_t operations = trace.operations.size();
  const auto records = records_in(worker_->memory(), operations);
  Verdict whole;
  for (std::size_t number = 0; number < options_.threads; ++number) {
    const std::size_t begin = part_begin(operations, options_.threads, number);
    const std::size_t length = part_begin(operations, options_.threads, number + 1) - begin;
    const StepRecord& last = records[operations + number];
    LoggedSubject subject(present_, records.subspan(begin, length), last, false, options_.symbols.empty());
    const Trace part{trace.layout,
                     {trace.operations.begin() + static_cast<std::ptrdiff_t>(begin),
                      trace.operations.begin() + static_cast<std::ptrdiff_t>(begin + length)}};
    RunOptions here = options;
    here.progress_every = 0;
    here.memory_limit /= options_.threads;
    // Others take blocks of the same memory meanwhile: what fits says nothing.
    here.accepted.insert(here.accepted.end(), {"capacity.kept", "capacity.largest"});
    here.first_block = first_block_of_part(number);
    here.step_shown_at = &subject.step();
    Verdict verdict;
    try {
      verdict = poolhammer::run(part, subject, here);
    } catch (const RecordsEnd&) {
      verdict.statistics.operations = subject.step();
    }
    if (!verdict.finding && last.seen == Seen::handed_over) verdict.finding = handed_over(last, length);
    add(verdict.statistics, whole.statistics);
    if (whole.finding || !verdict.finding) continue;
    whole.finding = std::move(verdict.finding);
    whole.finding->operation_index += begin;
    whole.finding->where += fmt::format(" (thread {} of {})", number, options_.threads);
  }
  if (whole.finding || !end) return whole;
  return dead(*end, trace);
}

}  // namespace poolhammer::library
