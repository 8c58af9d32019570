// Each judge is asked at every step: a heap that is wrong inside is found out although its blocks are good.
#include "harness/run/judged_subject.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/testing/forwarding_subject.hpp"
#include "harness/testing/trace_of.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

enum class Fault { none, second_block, forgotten_free, broken_invariant };

/// The tiny home allocator behind a layer that is wrong in one way, which no client can see.
class Faulty final : public ForwardingSubject {
 public:
  explicit Faulty(Fault fault) : ForwardingSubject(make_subject("pymalloc:tiny")), fault_(fault) {}

  [[nodiscard]] void* malloc(std::size_t size) override {
    void* const block = inner().malloc(size);
    if (fault_ != Fault::second_block) return block;
    void* const second = inner().malloc(size);
    inner().free(block);
    return second;
  }
  void free(void* block) override {
    if (fault_ != Fault::forgotten_free) inner().free(block);
  }
  [[nodiscard]] std::optional<pymalloc::Violation> check_near(const void* block) override {
    if (fault_ != Fault::broken_invariant) return inner().check_near(block);
    return pymalloc::Violation{"pool.ref-count", {}, "2", "3"};
  }

 private:
  Fault fault_;
};

/// The oracle that accuses, and the step at which it does.
[[nodiscard]] std::string accusation(Fault fault, Oracles oracles = {}) {
  Faulty subject(fault);
  RunOptions options;
  options.oracles = oracles;
  const Verdict verdict =
      run(parse_text("poolhammer trace 1\nlayout tiny\nmalloc 0 24\nmalloc 1 24\nfree 0\ncheck\n"), subject,
          options);
  if (!verdict.finding) return "nothing";
  return verdict.finding->oracle + " at " + std::to_string(verdict.finding->operation_index);
}

TEST(JudgedSubject, OfASoundHeapIsNotAccused) {
  EXPECT_EQ(accusation(Fault::none), "nothing");
}

TEST(JudgedSubject, IsAskedForGigabytesThatTakeNoMemoryAndForNoOthers) {
  const auto subject = make_subject("pymalloc:classic");
  RunOptions options;
  options.memory_limit = 1000;
  const std::string gigabytes =
      "b0 = malloc(0x100000018)\nb1 = calloc(0x100000001, 1)\nb2 = malloc(900)\nb2 = realloc(b2, "
      "0x100000000)\n"
      "b3 = realloc(b3, 0x1000000000)\nb4 = calloc(0, 0x100000000)\n";
  const Verdict asked =
      run(parse_text("poolhammer trace 2\nlayout classic\n" + gigabytes + "b5 = malloc(900)\n"), *subject,
          options);
  EXPECT_FALSE(asked.finding) << to_string(*asked.finding);
  EXPECT_EQ(asked.statistics.skipped, 0U);
  EXPECT_EQ(asked.statistics.refused, 1U) << "64 GiB";
  const Verdict too_much =
      run(parse_text("poolhammer trace 2\nlayout classic\nb0 = malloc(1001)\nb1 = malloc(100000000)\n"),
          *subject, options);
  EXPECT_EQ(too_much.statistics.skipped, 2U);
}

TEST(JudgedSubject, IsComparedWithTheModelsBlockAtEveryStep) {
  EXPECT_EQ(accusation(Fault::second_block), "model.answer at 0");
  EXPECT_EQ(
      accusation(Fault::second_block, {.shadow = true, .invariants = true, .local = true, .model = false}),
      "nothing");
}

TEST(JudgedSubject, IsComparedWithTheModelsInsideAtEveryStep) {
  EXPECT_EQ(accusation(Fault::forgotten_free), "model.pool at 2");
}

TEST(JudgedSubject, IsAskedForTheInvariantsNearEveryBlock) {
  EXPECT_EQ(accusation(Fault::broken_invariant), "invariant.pool.ref-count at 0");
  EXPECT_EQ(accusation(Fault::broken_invariant,
                       {.shadow = true, .invariants = true, .local = false, .model = true}),
            "nothing");
}

/// Says of each block that it has so many bytes as fit into 32 bits.
class UsableIn32Bits final : public ForwardingSubject {
 public:
  UsableIn32Bits() : ForwardingSubject(make_subject("pymalloc:tiny")) {}

  [[nodiscard]] bool has(OperationKind function) const override { return inner().has(function); }
  [[nodiscard]] std::optional<std::size_t> block_size(const void* block) override {
    return inner().block_size(block);
  }
  [[nodiscard]] Answer call(const FunctionCall& call) override {
    Answer answer = inner().call(call);
    if (call.function == OperationKind::malloc_usable_size)
      answer.value = static_cast<std::uint32_t>(answer.value);
    return answer;
  }
};

TEST(JudgedSubject, TellsTheUsableSizeOfARawBlockAsTheRawAllocatorDoes) {
  UsableIn32Bits subject;
  const Verdict small = run(tiny_trace_of("b0 = malloc(70000)\n"), subject, {});
  EXPECT_FALSE(small.finding) << to_string(*small.finding);
  subject.reset();
  const Verdict large = run(tiny_trace_of("b0 = malloc(1)\nb1 = malloc(4294967400)\n"), subject, {});
  ASSERT_TRUE(large.finding);
  EXPECT_EQ(large.finding->oracle, "model.usable-size");
}

}  // namespace
}  // namespace poolhammer
