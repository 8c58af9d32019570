#include "worker/trace_job.hpp"

#include <algorithm>
#include <string>

#include "harness/library/board.hpp"
#include "harness/run/runner.hpp"
#include "harness/trace/binary.hpp"
#include "worker/at_once.hpp"
#include "worker/coverage.hpp"
#include "worker/library_subject.hpp"
#include "worker/measure.hpp"

namespace poolhammer::library {
namespace {

void judge_in_turn(const Trace& trace, std::span<std::byte> memory, Head& head, const LibraryCalls& calls) {
  const Request& request = head.request;
  Observed observed;
  Crew crew(request.threads, request.schedule);
  Company company;
  if (request.threads > 1) company.crew = &crew;
  if (request.observe) company.observed = &observed;
  if (request.answers) {
    company.answers = answers_in(memory, request.trace_bytes);
    std::ranges::fill(company.answers, 0);
  }
  LibrarySubject subject(calls, head.places[0], company);
  RunOptions options = run_options(request);
  options.step_shown_at = &head.places[0].step;
  // Before the drain, which would hide what the program did by itself.
  options.after_last_step = [&](const Subject&) {
    head.features = static_cast<std::uint32_t>(subject.features(head.feature_counters));
  };
  write_reply(poolhammer::run(trace, subject, options), head.reply);
}

void take_turn(std::span<std::byte> memory, Head& head, const LibraryCalls& calls) {
  head.features = 0;
  head.reply.found = false;
  const Trace trace = decode(trace_in(memory, head.request.trace_bytes));
  clear_coverage();
  if (head.request.task == Task::measure)
    measure(trace, calls, head.request.memory_limit, head.reply);
  else if (head.request.at_once)
    judge_at_once(trace, head, calls);
  else
    judge_in_turn(trace, memory, head, calls);
  head.coverage = static_cast<std::uint32_t>(copy_coverage(head.coverage_counters));
}

}  // namespace

RunOptions run_options(const Request& request) {
  RunOptions options;
  options.contents = request.contents;
  options.oracles.shadow = request.shadow;
  options.check_every = request.check_every;
  options.drain = request.drain;
  options.memory_limit = request.memory_limit;
  return options;
}

void write_reply(const Verdict& verdict, Reply& reply) {
  const RunStatistics& s = verdict.statistics;
  reply.operations = s.operations;
  reply.skipped = s.skipped;
  reply.refused = s.refused;
  reply.checks = s.checks;
  reply.peak_live_blocks = s.peak_live_blocks;
  reply.peak_live_bytes = s.peak_live_bytes;
  reply.found = verdict.finding.has_value();
  if (!reply.found) return;
  reply.step = verdict.finding->operation_index;
  std::span<char> room(reply.texts);
  for (const std::string* text :
       {&verdict.finding->oracle, &verdict.finding->operation, &verdict.finding->where,
        &verdict.finding->expected, &verdict.finding->found})
    room = put_text(room, *text);
}

int run_traces(std::span<std::byte> memory) {
  Head& head = *reinterpret_cast<Head*>(memory.data());
  const Found found = find_calls(head.module.data());
  head.loaded = found.loaded;
  head.has_malloc = found.calls.complete();
  head.tells_usable_size = found.calls.usable_size != nullptr;
  put_text(head.reason, found.reason);
  for (std::uint32_t turn = 0;; ++turn) {
    set_and_wake(head.answered, turn + 1);
    while (head.asked.load(std::memory_order_acquire) == turn) sleep_while(head.asked, turn, 0);
    take_turn(memory, head, found.calls);
  }
}

}  // namespace poolhammer::library
