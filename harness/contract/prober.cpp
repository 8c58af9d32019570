#include "harness/contract/prober.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "harness/contract/board.hpp"
#include "harness/trace/format_error.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] std::uint32_t notes_of(const Probe& probe) {
  std::uint64_t values = 0;
  std::uint64_t rounds = 1;
  for (const Step& step : probe) {
    if (step.verb == Verb::repeat) rounds = step.a;
    if (step.verb == Verb::repeat_ends) rounds = 1;
    if (step.verb == Verb::note) values += rounds;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(values, 1U << 20U));
}

void copy_name(std::span<char> to, std::string_view name) {
  if (name.size() >= to.size()) throw InputError(fmt::format("{}: the name is too long", name));
  std::copy(name.begin(), name.end(), to.begin());
}

void name_functions(const Target& target, BoardHeader& header) {
  copy_name(header.module, target.module);
  if (target.standard()) {
    for (const Function function : all_functions())
      copy_name(header.symbols[static_cast<std::size_t>(function)], facts(function).symbol);
  }
  for (const auto& [function, symbol] : target.symbols)
    copy_name(header.symbols[static_cast<std::size_t>(function)], symbol);
}

/// A board for `probes`; `memory` is zero.
[[nodiscard]] Board lay_out(const Target& target, std::span<const Probe> probes, const SharedMemory& memory) {
  auto& header = *reinterpret_cast<BoardHeader*>(memory.bytes().data());
  header.probes = static_cast<std::uint32_t>(probes.size());
  for (const Probe& probe : probes) {
    header.steps += static_cast<std::uint32_t>(probe.size());
    header.notes += notes_of(probe);
  }
  name_functions(target, header);
  Board board = board_in(memory.bytes());
  std::uint32_t first_step = 0;
  std::uint32_t first_note = 0;
  for (std::size_t index = 0; index < probes.size(); ++index) {
    BoardProbe& place = board.probes[index];
    place.first_step = first_step;
    place.steps = static_cast<std::uint32_t>(probes[index].size());
    place.first_note = first_note;
    place.notes = notes_of(probes[index]);
    std::copy(probes[index].begin(), probes[index].end(), board.steps.begin() + first_step);
    first_step += place.steps;
    first_note += place.notes;
  }
  return board;
}

[[nodiscard]] std::size_t bytes_for(std::span<const Probe> probes) {
  std::size_t steps = 0;
  std::size_t notes = 0;
  for (const Probe& probe : probes) {
    steps += probe.size();
    notes += notes_of(probe);
  }
  return board_bytes(probes.size(), steps, notes);
}

[[nodiscard]] Outcome outcome_of(const Board& board, const BoardProbe& probe) {
  const auto first = board.notes.begin() + probe.first_note;
  return {.result = probe.result,
          .step = probe.step,
          .expectations = probe.expectations,
          .observed = probe.observed,
          .detail = probe.detail,
          .notes = {first, first + std::min(probe.notes_taken, probe.notes)},
          .death = {}};
}

/// How the process ended and the first line that it wrote, which is where allocators say why they abort.
[[nodiscard]] std::string death_of(const ProcessEnd& end) {
  const std::string first = end.output.substr(0, end.output.find('\n'));
  return first.empty() ? to_string(end) : fmt::format("{}: {}", to_string(end), first);
}

}  // namespace

bool hung(const Outcome& outcome) {
  return outcome.result == Result::died &&
         outcome.death.starts_with(to_string(ProcessEnd{.how = ProcessEnd::How::hang, .output = {}}));
}

Prober::Prober(Target target) : target_(std::move(target)) {}

Outcome Prober::run_alone(const Probe& probe, const ProcessLimits& limits) {
  return std::move(run({&probe, 1}, limits).front());
}

/// A library that is ended by all of many probes would be started for each of them. Those of one call are
/// alike: what this many have not told, the rest hardly will.
constexpr std::size_t most_ends = 32;
constexpr std::uint64_t most_hangs = 2;

std::vector<Outcome> Prober::run(std::span<const Probe> probes, const ProcessLimits& limits) {
  std::vector<Outcome> outcomes(probes.size());
  std::size_t done = 0;
  std::size_t ends = 0;
  const std::uint64_t hangs_before = hangs_;
  do {
    done += run_some(probes.subspan(done), std::span(outcomes).subspan(done), limits);
  } while (done < probes.size() && ++ends < most_ends && hangs_ - hangs_before < most_hangs &&
           death_at_start_.empty());
  return outcomes;
}

std::size_t Prober::run_some(std::span<const Probe> probes, std::span<Outcome> outcomes,
                             const ProcessLimits& limits) {
  const SharedMemory memory(bytes_for(probes));
  const Board board = lay_out(target_, probes, memory);
  ChildProcess worker(worker_program(target_.library, "probes", memory));
  ++workers_;
  const ProcessEnd end = worker.wait(limits);
  if (end.how == ProcessEnd::How::not_started)
    throw std::runtime_error(fmt::format("poolhammer-worker: {}", to_string(end)));
  if (board.header->lacks_module)
    throw InputError(
        fmt::format("{}: cannot be loaded: {}", target_.library.name, board.header->found.data()));
  present_ = board.header->present;
  found_ = board.header->found.data();
  for (std::size_t index = 0; index < probes.size(); ++index)
    outcomes[index] = outcome_of(board, board.probes[index]);
  // A library may end the process as if all were well.
  const bool all_run = std::none_of(outcomes.begin(), outcomes.end(),
                                    [](const Outcome& outcome) { return outcome.result == Result::not_run; });
  if (end.well() && all_run) return probes.size();
  if (end.how == ProcessEnd::How::hang) ++hangs_;
  if (found_.empty()) death_at_start_ = death_of(end);
  const std::uint32_t at = board.header->at_probe;
  if (at >= probes.size())
    throw InputError(fmt::format("{}: a program that preloads it {}", target_.library.name, death_of(end)));
  // A promise that was broken before is the cause: to free such blocks, as a probe's end does, may well kill.
  if (outcomes[at].result == Result::broken) return at + 1;
  outcomes[at].result = Result::died;
  outcomes[at].step = board.header->at_step;
  outcomes[at].death = death_of(end);
  return at + 1;
}

}  // namespace poolhammer::contract
