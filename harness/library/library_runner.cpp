#include "harness/library/library_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <stdexcept>
#include <utility>

#include "harness/base/format_error.hpp"
#include "harness/library/first_line.hpp"
#include "harness/library/logged_subject.hpp"
#include "harness/library/looks.hpp"
#include "harness/oracles/pattern.hpp"
#include "harness/trace/machine.hpp"
#include "harness/trace/text.hpp"
#include "harness/trace/with_its_end.hpp"
#include "harness/trace/with_threads.hpp"

namespace poolhammer::library {
namespace {

/// A process that ran more operations than this is replaced: its history is to be run again in reasonable
/// time.
constexpr std::size_t longest_history = 1'000'000;
/// An act of many calls may take such a part of the time in which one call must come back.
constexpr int parts_of_an_act = 4;

/// The most bytes that a program may hold live.
[[nodiscard]] std::uint64_t most_live_bytes(const Trace& trace, std::uint64_t limit) {
  // A program without a limit may ask for what no machine has.
  constexpr std::uint64_t most_expected = std::uint64_t{1} << 31U;
  limit = std::min(limit, most_expected);
  std::uint64_t bytes = 0;
  for (const Operation& operation : trace.operations) {
    if (!allocates(operation.kind)) continue;
    const auto total = operation.bytes();
    if (total && *total <= limit) bytes += std::min(*total, limit - std::min(bytes, limit));
  }
  return bytes;
}

/// The largest block that an allocator may fill, as one that is built for debugging does.
[[nodiscard]] std::uint64_t largest_block(const Trace& trace) {
  constexpr std::uint64_t most = std::uint64_t{12} << 30U;
  std::uint64_t largest = 0;
  for (const Operation& operation : trace.operations) {
    const std::uint64_t total = allocates(operation.kind) ? operation.bytes().value_or(0) : 0;
    if (total <= most) largest = std::max(largest, total);
  }
  return largest;
}

}  // namespace

LibraryRunner::LibraryRunner(Library library, const LibraryOptions& options)
    : options_(options),
      setup_{std::move(library), options.module, options.symbols, options.fork_patience},
      least_time_(options.time / 16),
      forks_(options.forks && !options.at_once) {
  start_fresh(0);
}

LibraryRunner::~LibraryRunner() = default;

void LibraryRunner::begin_history() {
  history_.operations.clear();
  programs_ = 0;
  retired_ = false;
}

ProcessLimits LibraryRunner::limits_at_start() const {
  constexpr std::chrono::milliseconds most = std::chrono::seconds(60);
  return {.time = options_.time.count() == 0 ? most : std::min(options_.time, most),
          .resident_bytes = options_.resident_bytes};
}

void LibraryRunner::demand_functions() {
  const std::string& name = setup_.library.name;
  if (!head().loaded) {
    head().reason.back() = '\0';
    throw InputError(fmt::format("{}: not a library that the loader takes: {}", name, head().reason.data()));
  }
  present_ = head().present;
  for (const Function needed : {Function::malloc, Function::calloc, Function::realloc, Function::free}) {
    if (!has(needed) && !options_.any_functions)
      throw InputError(fmt::format("{}: it has no malloc, calloc, realloc and free of its own", name));
  }
}

void LibraryRunner::start(std::size_t operations, bool forks) {
  leave_worker();
  begin_history();
  worker_ = std::make_unique<LibraryWorker>(setup_, operations, forks);
  ++loads_;
  ++workers_;
  if (auto end = wait_for_turn(0, limits_at_start(), {}, nullptr)) {
    if (end->how == ProcessEnd::How::not_started)
      throw std::runtime_error(fmt::format("poolhammer-worker: {}", to_string(*end)));
    note_hang(*end);
    // The library ended it, or hung, as it was loaded: a finding of the first program.
    end_at_start_ = std::move(end);
    return;
  }
  demand_functions();
  if (!forks) return;
  // One that does not fork performs programs itself.
  forks_ = worker_->forks();
  if (!forks_) return;
  --workers_;
  if (!fork()) start(operations, false);
}

/// Makes a child of the server the worker, if there is a server and a child comes to be.
bool LibraryRunner::fork() {
  if (server_) worker_ = std::move(server_);
  if (!worker_ || !worker_->forks()) return false;
  begin_history();
  worker_->fork();
  // What a handler of fork does to the process is no fault of an allocator.
  forks_ = !wait_for_turn(0, limits_at_start(), {}, nullptr);
  workers_ += forks_ ? 1 : 0;
  return forks_;
}

void LibraryRunner::leave_worker() {
  if (forks_ && worker_ && worker_->forks()) {
    worker_->end();
    server_ = std::move(worker_);
  }
  worker_.reset();
}

void LibraryRunner::start_fresh(std::size_t operations) {
  const bool forks = may_fork() && LibraryWorker::is_usual(operations);
  if (!forks || !fork()) start(operations, forks && forks_);
}

void LibraryRunner::note_hang(const ProcessEnd& end) {
  if (end.how == ProcessEnd::How::hang && options_.less_time_after_hang)
    options_.time = std::max(options_.time / 4, least_time_);
}

const Learned& LibraryRunner::learned() {
  // Threads that run at once cut a program into parts: nothing can be asked in order.
  if (!learned_) learned_ = options_.at_once ? Learned() : learn(*this);
  return *learned_;
}

Breadth LibraryRunner::breadth(std::uint64_t memory_limit, bool threads) {
  Breadth breadth = full_breadth();
  std::erase_if(breadth.functions, [this](OperationKind function) { return !has(function); });
  if (!threads) breadth.threads = 1;
  breadth.own_process = threads;
  breadth.largest = memory_limit / 2;
  breadth.edges = learned().edges;
  breadth.named = learned().constants;
  breadth.huge = learned().leaves_untouched && memory_limit >= 2 * wholly_touched ? largest_huge : 0;
  return breadth;
}

void LibraryRunner::renew() {
  if (!is_fresh() || (worker_->is_forked() && !may_fork())) start_fresh(0);
}

/// Nothing where the worker has ended its turn; else how the worker ended.
std::optional<ProcessEnd> LibraryRunner::wait_for_turn(std::uint32_t turn, const ProcessLimits& limits,
                                                       const RunOptions& options, const Trace* trace) {
  worker_->restart_time();
  std::optional<Suspicion> told;
  std::uint64_t calls = calls_made();
  while (head().answered.load(std::memory_order_acquire) == turn) {
    sleep_while(head().answered, turn, ChildProcess::look_every_milliseconds);
    if (head().answered.load(std::memory_order_acquire) != turn) break;
    // What makes one call after the other is slow, and does not hang.
    if (const std::uint64_t by_now = calls_made(); std::exchange(calls, by_now) != by_now)
      worker_->restart_time();
    if (auto end = worker_->look(limits)) return end;
    suspect(limits, trace, told);
    if (options_.give_up && options_.give_up()) {
      worker_->end();
      throw GivenUp();
    }
    if (options.progress_every != 0) options.progress(steps_done());
  }
  if (told) {
    told->taken = worker_->spent();
    told->went_on = true;
    options_.suspects(*told);
  }
  longest_ = std::max(longest_, worker_->spent());
  return std::nullopt;
}

ProcessLimits LibraryRunner::limits_for(const Trace& trace, const RunOptions& options) const {
  ProcessLimits limits;
  limits.time = options_.time;
  // For an operation, the worker's own memory: the program, its records, and what the client keeps.
  constexpr std::size_t own_bytes = 512;
  const std::uint64_t bytes = options_.resident_bytes + 4 * most_live_bytes(trace, options.memory_limit) +
                              largest_block(trace) + own_bytes * trace.operations.size();
  limits.resident_bytes = static_cast<std::size_t>(std::min(bytes, largest_size));
  return limits;
}

std::optional<ProcessEnd> LibraryRunner::take_turn(const Trace& trace, const RunOptions& options, Task task,
                                                   bool drop_empty) {
  const std::size_t operations = trace.operations.size();
  const bool fits = goes_on() && worker_->has_room_for(operations);
  if (!fits && !end_at_start_) start_fresh(operations);
  last_time_ = options_.time;
  if (end_at_start_) return std::exchange(end_at_start_, std::nullopt);
  std::ranges::copy(trace.operations, operations_in(worker_->memory(), operations).begin());
  std::ranges::fill(records_in(worker_->memory(), operations), StepRecord{});
  head().request = {.task = task,
                    .contents = options.contents,
                    .shadow = options.oracles.shadow,
                    .drain = options.drain,
                    .drop_empty = drop_empty,
                    .at_once = options_.at_once,
                    .looks = looks_for(options.only),
                    .threads = options_.threads,
                    .act_milliseconds = static_cast<std::uint32_t>(options_.time.count() / parts_of_an_act),
                    .check_every = options.check_every,
                    .memory_limit = options.memory_limit,
                    .schedule = options_.schedule,
                    .operations = operations};
  for (Place& place : head().places) {
    place.step = 0;
    place.inside = 0;
    place.slow = false;
    place.unreleased = false;
  }
  worker_->ask_for_turn();
  auto end = wait_for_turn(worker_->turns(), limits_for(trace, options), options, &trace);
  if (end) note_hang(*end);
  slow_ = slow_ || std::ranges::any_of(head().places, [](const Place& place) { return place.slow.load(); });
  return end;
}

bool LibraryRunner::holds_blocks() const {
  return std::ranges::any_of(head().places, [](const Place& place) { return place.unreleased.load(); });
}

std::uint64_t LibraryRunner::calls_made() const {
  std::uint64_t made = 0;
  for (const Place& place : head().places) made += place.calls;
  return made;
}

std::uint64_t LibraryRunner::steps_done() const {
  std::uint64_t done = 0;
  for (const Place& place : head().places) done += place.step;
  return done;
}

Verdict LibraryRunner::run_once(const Trace& given, const RunOptions& options, bool drop_empty) {
  const Trace trace = options_.at_once ? given : with_threads(given, options_.threads, options_.schedule);
  const auto end = take_turn(trace, options, Task::perform, drop_empty);
  last_end_ = end;
  if (end && head().answered == 0) return dead(*end, trace);
  return options_.at_once ? judge_parts(trace, options, end) : judge(trace, options, end);
}

Verdict LibraryRunner::dead(const ProcessEnd& end, const Trace& trace) const {
  Verdict verdict;
  verdict.finding = death(end, trace);
  verdict.statistics.operations = verdict.finding->operation_index;
  return verdict;
}

LibraryRunner::Performed LibraryRunner::perform(const Trace& trace, const RunOptions& options) {
  Performed performed;
  performed.verdict = run_once(trace, options);
  // The history of this process is not kept: what run() performs next gets a fresh one.
  retired_ = true;
  if (last_end_) {
    const std::string first = first_line(last_end_->output);
    performed.death = to_string(*last_end_) + (first.empty() ? "" : ": " + first);
    const unsigned inside = head().places[0].inside;
    if (inside != 0 && inside <= functions) performed.died_in = static_cast<Function>(inside - 1);
    performed.killed = last_end_->how == ProcessEnd::How::signal && last_end_->status == SIGKILL;
  }
  performed.records = records_in(worker_->memory(), trace.operations.size()).first(trace.operations.size());
  return performed;
}

Judgement LibraryRunner::run(const Trace& trace, const RunOptions& options) {
  if (retired_) start_fresh(0);
  Verdict verdict = run_once(trace, options);
  if (verdict.finding) {
    const Trace history = std::exchange(history_, {});
    Judgement judgement = confirmed(trace, options, std::move(verdict), history);
    worker_->end();
    return judgement;
  }
  remember(trace);
  return {std::move(verdict), std::nullopt, "", true};
}

/// A run ends by freeing all that is left: written out, the next program can follow.
void LibraryRunner::remember(const Trace& trace) {
  ++programs_;
  retired_ = history_.operations.size() + trace.operations.size() > longest_history;
  if (retired_) return;
  const Trace whole = with_its_end(trace);
  history_.operations.insert(history_.operations.end(), whole.operations.begin(), whole.operations.end());
}

LibraryRunner::Answers LibraryRunner::run_for_answers(const Trace& trace, const RunOptions& options) {
  if (retired_) start_fresh(0);
  Answers result;
  result.verdict = run_once(trace, options, true);
  const auto records = records_in(worker_->memory(), trace.operations.size());
  for (std::size_t step = 0; step < trace.operations.size(); ++step) {
    const StepRecord& record = records[step];
    result.answers.push_back(record.block != 0 ? 1 + record.usable : record.dropped ? 1 : 0);
  }
  if (result.verdict.finding)
    worker_->end();
  else
    remember(trace);
  return result;
}

LibraryRunner::Measured LibraryRunner::measure(const Trace& trace, const RunOptions& options) {
  // In a child, memory that the server touched costs time to be touched again, and counts as resident.
  if (!is_fresh() || worker_->is_forked()) start(0, false);
  Measured measured;
  RunOptions quiet = options;
  quiet.progress_every = 0;
  const auto end = take_turn(trace, quiet, Task::measure, false);
  const Figures& figures = head().figures;
  if (end)
    measured.finding = death(*end, trace);
  else
    measured.cost = {std::chrono::nanoseconds(figures.nanoseconds), figures.operations, figures.peak_resident,
                     figures.resident_after};
  worker_->end();
  return measured;
}

std::span<const std::uint8_t> LibraryRunner::features() const {
  if (!goes_on()) return {};
  return features_;
}

std::span<const std::uint8_t> LibraryRunner::coverage() const {
  if (!goes_on()) return {};
  return std::span(head().coverage_counters).first(std::min<std::size_t>(head().coverage, most_coverage));
}

std::span<const std::uint64_t> LibraryRunner::constants() const {
  if (!worker_ || !worker_->lives()) return {};
  return std::span(head().constant_values).first(std::min<std::size_t>(head().constants, most_constants));
}

}  // namespace poolhammer::library
