#include "harness/library/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "harness/base/counted.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::library {
namespace {

[[nodiscard]] bool asks_for_nothing(const Operation& operation) {
  return operation.kind != OperationKind::realloc &&
         (operation.size == 0 || (operation.has_count() && operation.count == 0));
}

[[nodiscard]] std::string words(std::uint64_t answer, std::string_view name) {
  return answer == 0 ? fmt::format("NULL from {}", name) : fmt::format("a block from {}", name);
}

/// The finding of one alone, with its name.
[[nodiscard]] Finding named(Finding finding, std::string_view name) {
  finding.where = fmt::format("{}{}{}", name, finding.where.empty() ? "" : ": ", finding.where);
  return finding;
}

/// The earlier finding of one alone.
[[nodiscard]] std::optional<Finding> first_alone(const std::optional<Finding>& mine, std::string_view my_name,
                                                 const std::optional<Finding>& others,
                                                 std::string_view others_name) {
  if (mine && (!others || mine->operation_index <= others->operation_index)) return named(*mine, my_name);
  if (others) return named(*others, others_name);
  return std::nullopt;
}

template <class Value>
[[nodiscard]] Value median(std::vector<Value> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Both, in the processes that they have now.
[[nodiscard]] Comparison compare_once(const Trace& trace, LibraryRunner& subject, LibraryRunner& other,
                                      const RunOptions& options) {
  const LibraryRunner::Answers mine = subject.run_for_answers(trace, options);
  const LibraryRunner::Answers others = other.run_for_answers(trace, options);
  Comparison result;
  Verdict& verdict = result.judgement.verdict;
  verdict.statistics = mine.verdict.statistics;
  verdict.finding = first_alone(mine.verdict.finding, subject.name(), others.verdict.finding, other.name());
  const std::size_t end = verdict.finding ? verdict.finding->operation_index : trace.operations.size();
  for (std::size_t step = 0; step < std::min(end, trace.operations.size()); ++step) {
    const std::uint64_t a = mine.answers[step];
    const std::uint64_t b = others.answers[step];
    if (a == b) continue;
    if (a != 0 && b != 0) {
      // A library without malloc_usable_size tells no size.
      if (a != 1 && b != 1) ++result.usable_sizes;
    } else if (asks_for_nothing(trace.operations[step])) {
      ++result.zero_answers;
    } else {
      verdict.finding =
          Finding{"against.answer",        step, to_text(trace.operations[step]), "", words(b, other.name()),
                  words(a, subject.name())};
      return result;
    }
  }
  return result;
}

/// Says "set aside as permitted: 3 answers to requests of 0 bytes, 1 usable size", and whether the finding
/// does not show again.
[[nodiscard]] Comparison remarked(Comparison result) {
  result.judgement.remark =
      fmt::format("{}set aside as permitted: {} to requests of 0 bytes, {}",
                  result.judgement.shows_again ? "" : "it did not show again in fresh processes; ",
                  counted(result.zero_answers, "answer"), counted(result.usable_sizes, "usable size"));
  return result;
}

}  // namespace

Comparison compare(const Trace& trace, LibraryRunner& subject, LibraryRunner& other,
                   const RunOptions& options) {
  const bool fresh = subject.is_fresh() && other.is_fresh();
  Comparison first = compare_once(trace, subject, other, options);
  if (fresh || !first.judgement.verdict.finding) return remarked(std::move(first));
  subject.renew();
  other.renew();
  Comparison again = compare_once(trace, subject, other, options);
  if (again.judgement.verdict.finding) return remarked(std::move(again));
  first.judgement.shows_again = false;
  return remarked(std::move(first));
}

LibraryRunner::Measured measure_median(const Trace& trace, LibraryRunner& subject, const RunOptions& options,
                                       unsigned runs) {
  std::vector<std::chrono::nanoseconds> times;
  std::vector<std::uint64_t> peaks;
  std::vector<std::uint64_t> rests;
  LibraryRunner::Measured measured;
  for (unsigned number = 0; number < std::max(runs, 1U); ++number) {
    measured = subject.measure(trace, options);
    if (measured.finding) return measured;
    times.push_back(measured.cost.time);
    peaks.push_back(measured.cost.peak_resident);
    rests.push_back(measured.cost.resident_after);
  }
  measured.cost.time = median(std::move(times));
  measured.cost.peak_resident = median(std::move(peaks));
  measured.cost.resident_after = median(std::move(rests));
  return measured;
}

}  // namespace poolhammer::library
