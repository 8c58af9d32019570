// Where a process is in a program: what is reported of one that died, hangs, or may hang.
#include <fmt/format.h>

#include <algorithm>

#include "harness/library/first_line.hpp"
#include "harness/library/library_runner.hpp"
#include "harness/run/finding_at.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::library {

/// Where several threads ran at once, nobody knows whose doing it was: the first that was in the library is
/// told.
LibraryRunner::Whereabouts LibraryRunner::whereabouts(const Trace& trace) const {
  Whereabouts place;
  const std::size_t threads = options_.at_once ? options_.threads : 1;
  const auto& places = head().places;
  while (place.thread + 1 < threads && places[place.thread].inside == 0) ++place.thread;
  place.inside = places[place.thread].inside;
  const std::size_t begin = part_begin(trace.operations.size(), threads, place.thread);
  const std::uint64_t step = places[place.thread].step;
  place.step = static_cast<std::size_t>(std::min<std::uint64_t>(begin + step, trace.operations.size()));
  return place;
}

std::string LibraryRunner::words_for(const Whereabouts& place) const {
  if (head().answered == 0) return "before the first operation";
  if (place.inside == 0 || place.inside > functions) return "outside of the library's functions";
  return fmt::format("in {}", word(static_cast<Function>(place.inside - 1)));
}

std::string LibraryRunner::step_at(const Whereabouts& place, const Trace& trace) {
  if (place.step < trace.operations.size()) return to_text(trace.operations[place.step]);
  return std::string(place.inside != 0 ? finding_at_drain : finding_at_end);
}

/// On a busy machine programs take no longer, as what they wait for a processor does not count. But one that
/// takes so much longer than all others may also be one that has so much to do.
void LibraryRunner::suspect(const ProcessLimits& limits, const Trace* trace,
                            std::optional<Suspicion>& told) const {
  constexpr int much_longer = 20;
  constexpr std::size_t most_before = 8;
  const auto spent = worker_->spent();
  if (told || !options_.suspects || spent < std::max(options_.suspect_after, much_longer * longest_)) return;
  Suspicion& suspicion = told.emplace();
  suspicion.taken = spent;
  suspicion.usual = longest_;
  suspicion.limit = limits.time;
  suspicion.step = "the library is loaded";
  if (trace != nullptr) {
    const Whereabouts place = whereabouts(*trace);
    suspicion.step = step_at(place, *trace);
    suspicion.inside = words_for(place);
    suspicion.steps = place.step;
    suspicion.programs = worker_->turns() - 1;
    for (std::size_t step = place.step - std::min(place.step, most_before); step < place.step; ++step)
      suspicion.before.push_back(to_text(trace->operations[step]));
  }
  options_.suspects(suspicion);
}

Finding LibraryRunner::death(const ProcessEnd& end, const Trace& trace) const {
  const Whereabouts place = whereabouts(trace);
  Finding finding;
  finding.oracle = end.how == ProcessEnd::How::hang     ? "hang"
                   : end.how == ProcessEnd::How::memory ? "memory"
                                                        : "crash";
  finding.operation_index = place.step;
  finding.block = block_of_step(trace, place.step);
  finding.operation = step_at(place, trace);
  if (options_.at_once && options_.threads > 1)
    finding.where = fmt::format("thread {1} of {0} concurrent ones", options_.threads, place.thread);
  finding.expected = "the program to go on";
  finding.found = fmt::format("the process {}, {}", to_string(end), words_for(place));
  if (!end.output.empty()) finding.found += fmt::format("; it wrote: {}", first_line(end.output));
  return finding;
}

}  // namespace poolhammer::library
