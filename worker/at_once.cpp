#include "worker/at_once.hpp"

#include <pthread.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "worker/hand_over.hpp"
#include "worker/library_subject.hpp"

namespace poolhammer::library {
namespace {

/// One of the threads, with its part of the program.
struct Part {
  Trace trace;
  std::size_t begin = 0;  ///< of the whole trace
  RunOptions options;
  std::unique_ptr<LibrarySubject> subject;
  Verdict verdict;
  pthread_t thread = 0;
  bool lives = false;
  pthread_barrier_t* start = nullptr;
};

void judge_part(Part& part) {
  part.verdict = poolhammer::run(part.trace, *part.subject, part.options);
  const auto& damage = part.subject->damage();
  if (part.verdict.finding || !damage) return;
  part.verdict.finding = Finding{"shadow.handed-over",
                                 part.trace.operations.size(),
                                 std::string(finding_at_end),
                                 "",
                                 "a block from another thread to hold what that thread wrote",
                                 *damage};
}

void* live(void* argument) {
  Part& part = *static_cast<Part*>(argument);
  pthread_barrier_wait(part.start);
  judge_part(part);
  return nullptr;
}

[[nodiscard]] std::vector<Part> parts_of(const Trace& trace, Head& head, const LibraryCalls& calls,
                                         HandOver& hand_over) {
  const std::size_t threads = head.request.threads;
  std::vector<Part> parts(threads);
  const std::size_t length = (trace.operations.size() + threads - 1) / threads;
  for (std::size_t number = 0; number < threads; ++number) {
    Part& part = parts[number];
    part.begin = std::min(number * length, trace.operations.size());
    const std::size_t end = std::min(part.begin + length, trace.operations.size());
    part.trace.operations.assign(trace.operations.begin() + static_cast<std::ptrdiff_t>(part.begin),
                                 trace.operations.begin() + static_cast<std::ptrdiff_t>(end));
    part.options = run_options(head.request);
    part.options.memory_limit /= threads;
    part.options.first_block = std::uint64_t{number} << 40U;
    part.options.step_shown_at = &head.places[number].step;
    Company company;
    company.hand_over = &hand_over;
    company.seed = head.request.schedule + number;
    part.subject = std::make_unique<LibrarySubject>(calls, head.places[number], company);
  }
  return parts;
}

void add(const RunStatistics& more, RunStatistics& to) {
  to.operations += more.operations;
  to.skipped += more.skipped;
  to.refused += more.refused;
  to.checks += more.checks;
  to.peak_live_blocks += more.peak_live_blocks;
  to.peak_live_bytes += more.peak_live_bytes;
}

}  // namespace

void judge_at_once(const Trace& trace, Head& head, const LibraryCalls& calls) {
  HandOver hand_over;
  std::vector<Part> parts = parts_of(trace, head, calls, hand_over);
  pthread_barrier_t start;
  pthread_barrier_init(&start, nullptr, head.request.threads);
  for (Part& part : parts) {
    part.start = &start;
    part.lives = pthread_create(&part.thread, nullptr, live, &part) == 0;
    // A barrier waits for all: without a thread, the process ends, which is told.
    if (!part.lives) __builtin_trap();
  }
  for (const Part& part : parts) pthread_join(part.thread, nullptr);
  pthread_barrier_destroy(&start);
  parts.front().subject->empty_shelf();
  Verdict whole;
  for (std::size_t number = 0; number < parts.size(); ++number) {
    Verdict& verdict = parts[number].verdict;
    add(verdict.statistics, whole.statistics);
    if (whole.finding || !verdict.finding) continue;
    whole.finding = std::move(verdict.finding);
    whole.finding->operation_index += parts[number].begin;
    head.reply.thread = static_cast<std::uint32_t>(number);
  }
  write_reply(whole, head.reply);
}

}  // namespace poolhammer::library
