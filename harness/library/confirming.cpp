// How a finding is looked for again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/library/library_runner.hpp"

namespace poolhammer::library {
namespace {

[[nodiscard]] bool same(const Finding& a, const Finding& b) {
  return a.oracle == b.oracle && a.operation == b.operation;
}

/// A variable has another value as long as this lives.
template <class Type>
class ForNow {
 public:
  ForNow(Type& variable, Type value)
      : variable_(variable), before_(std::exchange(variable, std::move(value))) {}
  ForNow(const ForNow&) = delete;
  ForNow& operator=(const ForNow&) = delete;
  ~ForNow() { variable_ = std::move(before_); }

 private:
  Type& variable_;
  Type before_;
};

}  // namespace

/// What the last of some programs shows in a process that loads the library itself. The worker stays as it
/// is, where it can be used after this.
Verdict LibraryRunner::run_in_loaded(std::span<const Trace> before, const Trace& trace,
                                     const RunOptions& options, bool may_hang) {
  const ForNow each(loads_each_, true);
  // The end of the time loses no finding; but what hung before may well hang again.
  const ForNow give_up(options_.give_up, may_hang ? options_.give_up : std::function<bool()>());
  std::unique_ptr<LibraryWorker> kept = std::move(worker_);
  if (kept && !kept->forks()) kept.reset();
  start(0, false);
  for (const Trace& program : before) (void)run_once(program, options);
  Verdict verdict = run_once(trace, options);
  worker_->end();
  if (kept) worker_ = std::move(kept);
  return verdict;
}

void LibraryRunner::drop_finding() {
  ++dropped_;
  forks_ = false;
  server_.reset();
  worker_->end();
}

bool LibraryRunner::confirms(const Finding& finding, std::span<const Trace> before, const Trace& trace,
                             const RunOptions& options) {
  if (!worker_ || !worker_->is_forked()) return true;
  const bool hung = finding.oracle == "hang";
  // A quarter of the first limit tells a hang from a slow program, however short the limit is by now.
  const ForNow time(options_.time, std::min(last_time_, std::max(options_.time, 4 * least_time_)));
  const auto shows = [&](std::span<const Trace> programs) {
    const Verdict verdict = run_in_loaded(programs, trace, options, hung);
    return verdict.finding && same(*verdict.finding, finding);
  };
  const bool shown = shows({}) || (!before.empty() && shows(before));
  retired_ = true;
  if (!shown) drop_finding();
  return shown;
}

/// Looks again at a finding, in processes that ran nothing before and loaded the library themselves.
Judgement LibraryRunner::confirmed(const Trace& trace, const RunOptions& options, Verdict first,
                                   const Trace& history) {
  const std::uint64_t programs = programs_;
  const bool forked = worker_->is_forked();
  const bool hung = first.finding->oracle == "hang";
  const auto again = [&](const Trace& program) { return run_in_loaded({}, program, options, hung); };
  if (options_.at_once) {
    constexpr unsigned tries = 3;
    unsigned seen = 0;
    for (unsigned number = 0; number < tries; ++number) seen += again(trace).finding ? 1 : 0;
    return {std::move(first), std::nullopt,
            fmt::format("threads ran at the same time, so it may not show again: it did in {} of {} tries",
                        seen, tries),
            false};
  }
  // A process that had run nothing before: this was the fresh look.
  if (programs == 0 && !forked) return {std::move(first), std::nullopt, "", true};
  Verdict alone = again(trace);
  if (alone.finding && same(*alone.finding, *first.finding))
    return {std::move(alone), std::nullopt, "", true};
  Trace joined = history;
  joined.layout = trace.layout;
  joined.operations.insert(joined.operations.end(), trace.operations.begin(), trace.operations.end());
  Verdict behind = programs == 0 ? Verdict() : again(joined);
  if (behind.finding)
    return {std::move(behind), std::move(joined),
            fmt::format(
                "the last program alone does not show it in a fresh process: this is it with the {} that ran "
                "before it",
                programs),
            false};
  if (forked) {
    drop_finding();
    return {std::move(alone), std::nullopt, "", true};
  }
  return {std::move(first), std::nullopt,
          fmt::format(
              "it did not show again in a fresh process, neither alone nor after the {} programs that ran "
              "before it",
              programs),
          false};
}

}  // namespace poolhammer::library
