#include "harness/run/minimize.hpp"

#include <utility>

#include "harness/report/fingerprint.hpp"
#include "harness/run/search.hpp"
#include "harness/trace/binary.hpp"

namespace poolhammer {
namespace {

/// Two programs of the same number are taken for the same one.
[[nodiscard]] std::uint64_t number_of(const Trace& trace) {
  return fingerprint(encode(trace));
}

}  // namespace

MinimizeSearch::MinimizeSearch(const Trace& trace, const Trial& trial, const MinimizeOptions& options)
    : trial_(trial), options_(options), best_(trace) {
  finding_ = run(trace);
  if (finding_) cause_ = cause_of(*finding_);
}

bool MinimizeSearch::stopped() {
  if (!stopped_) stopped_ = trials_ >= options_.most_trials || (options_.stop && options_.stop());
  return stopped_;
}

std::optional<Finding> MinimizeSearch::run(const Trace& trace) {
  ++trials_;
  std::optional<Finding> finding = trial_(trace);
  if (options_.progress) options_.progress({trials_, best_.operations.size()});
  return finding;
}

bool MinimizeSearch::attempt(Trace candidate) {
  if (candidate == best_ || stopped()) return false;
  const std::uint64_t number = number_of(candidate);
  if (failed_.contains(number)) return false;
  std::optional<Finding> finding = run(candidate);
  // A trial that was interrupted tells nothing.
  if (stopped() && !finding) return false;
  if (!finding || cause_of(*finding) != cause_) {
    failed_.insert(number);
    return false;
  }
  best_ = std::move(candidate);
  finding_ = std::move(finding);
  ++steps_;
  if (options_.improved) options_.improved(best_);
  cut_behind();
  return true;
}

bool MinimizeSearch::excursion(const Trace& start, Depth depth) {
  if (stopped() || failed_.contains(number_of(start))) return false;
  MinimizeOptions options = options_;
  options.improved = nullptr;
  options.progress = nullptr;
  options.most_trials -= trials_;
  MinimizeSearch search(start, trial_, options);
  const bool same = search.has_finding() && cause_of(search.finding()) == cause_;
  if (same) {
    // What does not show the cause here, shows it nowhere.
    search.failed_.swap(failed_);
    shorten::cut(search);
    shorten::blocks(search);
    if (depth == Depth::operations) shorten::operations(search);
    search.failed_.swap(failed_);
  }
  trials_ += search.trials();
  const bool is_shorter = same && search.operations().size() < best_.operations.size();
  if (is_shorter && attempt(search.best())) return true;
  // Nothing else comes out when it is tried again.
  if (!search.stopped()) failed_.insert(number_of(start));
  return false;
}

void MinimizeSearch::cut_behind() {
  const std::size_t needed = finding_->operation_index + 1;
  if (needed >= best_.operations.size()) return;
  const auto end = best_.operations.begin() + static_cast<std::ptrdiff_t>(needed);
  attempt(std::vector<Operation>(best_.operations.begin(), end));
}

std::optional<Minimized> minimize(const Trace& trace, const Trial& trial, const MinimizeOptions& options) {
  MinimizeSearch search(trace, trial, options);
  if (!search.has_finding()) return std::nullopt;
  shorten::cut(search);
  if (options.any_layout) simplify::layout(search);
  std::uint64_t steps = 0;
  do {
    steps = search.steps();
    shorten::blocks(search);
    shorten::operations(search);
    try_few_large_blocks(search);
    try_larger_requests(search);
    simplify::slots(search);
    simplify::calls(search);
    simplify::own(search, options.own);
    simplify::sizes(search);
    try_few_one_by_one(search);
    try_larger_blocks(search);
    if (options.any_layout) simplify::layout(search);
    simplify::few_sizes(search, options.any_layout);
    // Not before all else is at rest: what fills a pool may need fewer blocks of another size.
    if (search.steps() == steps) try_one_for_many(search);
  } while (search.steps() != steps && !search.stopped());
  return Minimized{search.best(), search.finding(), search.trials(), search.steps(), !search.stopped()};
}

}  // namespace poolhammer
