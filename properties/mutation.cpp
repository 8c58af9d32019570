#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/trace/binary.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/mutate.hpp"
#include "harness/trace/text.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {
namespace {

/// What mutate and crossover owe their callers: no more operations than allowed, and nothing that encode
/// would not write.
[[nodiscard]] Outcome allowed(const Trace& trace, std::size_t most) {
  if (trace.operations.size() > most) {
    return fmt::format("{} operations, more than {}", trace.operations.size(), most);
  }
  if (parse_binary(encode(trace)) != trace) return fmt::format("not canonical:\n{}", to_text(trace));
  return std::nullopt;
}

struct Mutation {
  Trace first;
  Trace second;
  std::uint64_t seed = 0;
  std::size_t most = 0;
};

void showValue(const Mutation& value, std::ostream& out) {
  showValue(value.first, out);
  out << "and\n";
  showValue(value.second, out);
  out << fmt::format("with seed {} and at most {} operations", value.seed, value.most);
}

[[nodiscard]] rc::Gen<Mutation> mutations() {
  return rc::gen::map(
      rc::gen::tuple(programs(), programs(), rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>()),
                     rc::gen::inRange<std::size_t>(0, 300)),
      [](std::tuple<Trace, Trace, std::uint64_t, std::size_t>&& parts) {
        return Mutation{std::move(std::get<0>(parts)), std::move(std::get<1>(parts)), std::get<2>(parts),
                        std::get<3>(parts)};
      });
}

TEST(Mutation, MutateKeepsToItsLimitAndToTheCanonicalForm) {
  holds(mutations(), [](const Mutation& value) {
    Random random(value.seed);
    Trace trace = value.first;
    mutate(trace, random, value.most);
    return allowed(trace, value.most);
  });
}

TEST(Mutation, CrossoverKeepsToItsLimitAndToTheCanonicalForm) {
  holds(mutations(), [](const Mutation& value) {
    Random random(value.seed);
    return allowed(crossover(value.first, value.second, random, value.most), value.most);
  });
}

TEST(Mutation, TheSameSeedMutatesInTheSameWay) {
  holds(mutations(), [](const Mutation& value) -> Outcome {
    Trace once = value.first;
    Trace again = value.first;
    Random random(value.seed);
    Random same_random(value.seed);
    mutate(once, random, value.most);
    mutate(again, same_random, value.most);
    if (once == again) return std::nullopt;
    return fmt::format("once\n{}and again\n{}", to_text(once), to_text(again));
  });
}

TEST(Mutation, GeneratedProgramsAreAsLongAsAskedForAndCanonical) {
  const auto requests = rc::gen::tuple(any_layout(), rc::gen::arbitrary<std::uint64_t>(),
                                       rc::gen::inRange<std::size_t>(0, 300));
  holds(requests, [](const std::tuple<LayoutId, std::uint64_t, std::size_t>& request) -> Outcome {
    const auto& [layout, seed, operations] = request;
    GenerateOptions options;
    options.layout = layout;
    options.operations = operations;
    const Trace trace = generate(seed, options);
    if (trace.operations.size() != operations) return fmt::format("{} operations", trace.operations.size());
    if (trace != generate(seed, options)) return "another program at the second time";
    return allowed(trace, operations);
  });
}

}  // namespace
}  // namespace poolhammer
