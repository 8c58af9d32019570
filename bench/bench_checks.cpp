// What judging costs, by oracle and by the number of live blocks: one free and one malloc of a random slot,
// while so many blocks live. Slots and sizes are drawn from a fixed seed and are the same for every row. The
// rows of "none" run the same program without a judge, its blocks written as programs do. A first argument
// --pairs=N does so many pairs instead of as many as take a while: for counting instructions.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "harness/base/random.hpp"
#include "harness/run/judged_subject.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t largest_size = 512;

void demand_nothing(const std::optional<Complaint>& complaint) {
  if (complaint) throw std::runtime_error(complaint->oracle + ": " + complaint->found);
}

void pairs(benchmark::State& state, const std::string& subject_name, const std::string& oracles) {
  const auto live = static_cast<std::uint32_t>(state.range(0));
  const std::unique_ptr<Subject> subject = make_subject(subject_name);
  RunOptions options;
  options.oracles = oracles_named(oracles).value();
  options.memory_limit = std::uint64_t{64} << 30U;
  JudgedSubject judged(*subject, options);
  Random random(1);
  for (std::uint32_t slot = 0; slot < live; ++slot)
    demand_nothing(judged.perform({OperationKind::malloc, slot, 0, 1 + random.below(largest_size)}));
  const auto pair = [&] {
    const auto slot = static_cast<std::uint32_t>(random.below(live));
    demand_nothing(judged.perform({OperationKind::free, slot, 0, 0}));
    demand_nothing(judged.perform({OperationKind::malloc, slot, 0, 1 + random.below(largest_size)}));
  };
  // A heap just filled has full pools alone, and each free lists one again: pairs cost the same only once the
  // heap is as mixed as it stays.
  for (std::uint32_t i = 0; i < live; ++i) pair();
  for (auto _ : state) pair();
  demand_nothing(judged.drain());
}

}  // namespace
}  // namespace poolhammer

int main(int argc, char** argv) {
  benchmark::IterationCount pairs_wanted = 0;
  constexpr std::string_view option = "--pairs=";
  if (argc > 1 && std::string_view(argv[1]).substr(0, option.size()) == option) {
    pairs_wanted = std::stoll(std::string(argv[1]).substr(option.size()));
    --argc;
    std::copy(argv + 2, argv + argc + 2, argv + 1);
  }
  for (const char* layout : {"classic", "modern"}) {
    for (const char* oracles : {"none", "shadow", "local", "model", "all"}) {
      const std::string name = std::string("checks/") + layout + "/" + oracles;
      benchmark::internal::Benchmark* const rows =
          benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
            poolhammer::pairs(state, std::string("pymalloc:") + layout, oracles);
          });
      rows->RangeMultiplier(10)->Range(100, 1'000'000);
      if (pairs_wanted > 0) rows->Iterations(pairs_wanted);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
