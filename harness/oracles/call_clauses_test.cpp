#include "harness/oracles/call_clauses.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "harness/run/explanations.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// The oracle that speaks of a call, or "nothing".
[[nodiscard]] std::string said_of(const FunctionCall& call, const Answer& answer, std::size_t total,
                                  bool standard = true, std::optional<std::size_t> usable = std::nullopt) {
  const auto complaint =
      judge_call({.call = call, .answer = answer, .total = total, .standard = standard, .usable = usable});
  return complaint ? complaint->oracle : "nothing";
}

/// What is said of a call amid these surroundings.
[[nodiscard]] std::string said_amid(const Surroundings& around, const FunctionCall& call,
                                    const Answer& answer, std::size_t total) {
  const auto complaint =
      judge_call({.call = call, .answer = answer, .total = total, .standard = true, .around = around});
  return complaint ? complaint->oracle : "nothing";
}

constexpr std::size_t huge = ~std::size_t{0};

TEST(CallClauses, DemandErrnoOfARefusal) {
  using enum OperationKind;
  for (const OperationKind function : {malloc, calloc, realloc, reallocarray, aligned_alloc}) {
    const FunctionCall call{.function = function, .count = 1, .size = huge / 64 * 64, .alignment = 64};
    EXPECT_EQ(said_of(call, {.error = ENOMEM}, call.size), "nothing");
    EXPECT_EQ(said_of(call, {.error = 0}, call.size).rfind("contract.", 0), 0U) << word(function);
  }
  EXPECT_EQ(said_of({.function = malloc, .size = huge}, {}, huge), "contract.failure.errno");
  EXPECT_EQ(said_of({.function = memalign, .size = huge, .alignment = 64}, {}, huge),
            "contract.failure.errno-gnu");
  EXPECT_EQ(said_of({.function = malloc, .size = huge}, {}, huge, false), "nothing")
      << "functions of other names promise no errno";
  EXPECT_EQ(said_of({.function = malloc}, {}, 0), "nothing")
      << "what 0 bytes give is the implementation's choice";
}

TEST(CallClauses, LeaveToAlignedFunctionsWhatTheyMayRefuse) {
  using enum OperationKind;
  EXPECT_EQ(said_of({.function = aligned_alloc, .size = 100, .alignment = 64}, {.error = EINVAL}, 100),
            "nothing")
      << "a size that is no multiple of the alignment";
  EXPECT_EQ(said_of({.function = aligned_alloc, .size = 96, .alignment = 48}, {.error = EINVAL}, 96),
            "nothing");
  EXPECT_EQ(
      said_of({.function = memalign, .size = 64, .alignment = std::size_t{1} << 40U}, {.error = EINVAL}, 64),
      "nothing");
}

TEST(CallClauses, DemandTheResultOfPosixMemalign) {
  using enum OperationKind;
  const FunctionCall odd{.function = posix_memalign, .size = 64, .alignment = 24};
  EXPECT_EQ(said_of(odd, {.status = EINVAL}, 64), "nothing");
  EXPECT_EQ(said_of(odd, {.status = ENOMEM}, 64), "contract.posix_memalign.einval");
  EXPECT_EQ(said_of(odd, {.status = EINVAL, .result_kept = false}, 64),
            "contract.posix_memalign.result-kept");
  const FunctionCall large{.function = posix_memalign, .size = huge, .alignment = 64};
  EXPECT_EQ(said_of(large, {.status = ENOMEM}, huge), "nothing");
  EXPECT_EQ(said_of(large, {.status = EINVAL}, huge), "contract.failure.status");
}

TEST(CallClauses, DemandErrnoAsItWasOfFree) {
  using enum OperationKind;
  EXPECT_EQ(said_of({.function = free, .error = EDOM}, {.error = EDOM}, 0), "nothing");
  EXPECT_EQ(said_of({.function = free, .error = EDOM}, {.error = 0}, 0), "contract.free.errno");
}

TEST(CallClauses, DemandABlockOrAnExceptionOfOperatorNew) {
  using enum OperationKind;
  EXPECT_EQ(said_of({.function = op_new, .size = huge}, {.threw = true}, huge), "nothing");
  EXPECT_EQ(said_of({.function = op_new, .size = huge}, {.threw = false}, huge), "contract.new.fails");
  EXPECT_EQ(said_of({.function = op_new_nothrow, .size = huge}, {.threw = false}, huge), "nothing");
}

TEST(CallClauses, DemandABlockOfNoBytesOfOperatorNewUnlessMemoryMayBeFull) {
  using enum OperationKind;
  const FunctionCall call{.function = op_new, .size = 0};
  const Answer none{.threw = true};
  EXPECT_EQ(said_amid({}, call, none, 0), "contract.new.zero");
  EXPECT_EQ(said_amid({.live_blocks = 1}, call, none, 0), "contract.new.zero");
  EXPECT_EQ(said_amid({.bounded = true}, call, none, 0), "contract.new.zero");
  EXPECT_EQ(said_amid({.bounded = true, .live_blocks = 1}, call, none, 0), "nothing");
  const FunctionCall aligned{.function = op_new_aligned, .size = 0, .alignment = std::size_t{4} << 20U};
  EXPECT_EQ(said_amid({.aligned = aligned.alignment}, aligned, none, 0), "contract.new.zero");
  EXPECT_EQ(said_amid({}, aligned, none, 0), "nothing") << "such an alignment may be none that it has";
  EXPECT_EQ(said_amid({.bounded = true}, aligned, none, 0), "nothing") << "it may have no such place";
}

TEST(CallClauses, DemandErrnoOfExhaustionAsAClauseOfItsOwn) {
  using enum OperationKind;
  const FunctionCall call{.function = malloc, .size = 1000};
  EXPECT_EQ(said_amid({.limited = true}, call, {.error = 0}, 1000), "contract.exhaustion.errno");
  EXPECT_EQ(said_amid({.limited = true}, call, {.error = ENOMEM}, 1000), "nothing");
  const FunctionCall aligned{.function = posix_memalign, .size = 1000, .alignment = 16};
  EXPECT_EQ(said_amid({.limited = true}, aligned, {.status = EINVAL}, 1000), "contract.exhaustion.errno");
}

TEST(CallClauses, DemandABlockWhereOneLikeItWasFreed) {
  using enum OperationKind;
  const FunctionCall call{.function = malloc, .size = 1000};
  const Answer none{.error = ENOMEM};
  EXPECT_EQ(said_amid({.limited = true, .freed_alike = 3, .alone = true}, call, none, 1000),
            "contract.free.available");
  EXPECT_EQ(said_amid({.limited = true, .freed_alike = 3}, call, none, 1000), "contract.exhaustion.recovers");
  EXPECT_EQ(said_amid({.limited = true, .had = 99, .had_before = 100}, call, none, 1000),
            "contract.free.available");
  EXPECT_EQ(said_amid({.limited = true, .had = 99}, call, none, 1000), "nothing");
  EXPECT_EQ(said_amid({.limited = true}, call, none, 1000), "nothing");
}

TEST(CallClauses, DemandABlockWhereTheSystemGivesMemoryAgain) {
  using enum OperationKind;
  const FunctionCall call{.function = malloc, .size = 1000};
  const Answer none{.error = ENOMEM};
  EXPECT_EQ(said_amid({.lifted = true}, call, none, 1000), "contract.exhaustion.recovers");
  EXPECT_EQ(said_amid({.lifted = true}, call, none, std::size_t{1} << 30U), "nothing");
  EXPECT_EQ(said_amid({.bounded = true, .lifted = true}, call, none, 1000), "nothing");
  EXPECT_EQ(said_amid({.refusing = true, .lifted = true}, call, none, 1000), "nothing");
}

TEST(CallClauses, DemandABlockOfANullPointerThatIsResizedWhereNothingExcusesARefusal) {
  using enum OperationKind;
  const FunctionCall call{.function = realloc, .size = 100};
  const Answer none{.error = ENOMEM};
  EXPECT_EQ(said_amid({.granted = 100}, call, none, 100), "contract.realloc.null");
  EXPECT_EQ(said_amid({.granted = 99}, call, none, 100), "nothing");
  EXPECT_EQ(said_amid({.live_blocks = 1, .granted = 100}, call, none, 100), "nothing");
  EXPECT_EQ(said_amid({.limited = true, .granted = 100}, call, none, 100), "nothing");
}

TEST(CallClauses, DemandABlockInAChildWhereTheProcessHadOne) {
  using enum OperationKind;
  const FunctionCall call{.function = malloc, .size = 100};
  EXPECT_EQ(said_amid({.in_child = true, .granted = 100}, call, {.error = ENOMEM}, 100),
            "contract.fork.child");
  EXPECT_EQ(said_amid({.in_child = true, .granted = 10}, call, {.error = ENOMEM}, 100), "nothing");
  EXPECT_EQ(
      said_amid({.in_child = true, .born_in_child = true, .granted = 100}, call, {.error = ENOMEM}, 100),
      "contract.fork.threads");
}

TEST(CallClauses, DemandABlockInASignalHandlerWhereTheProgramHadOne) {
  using enum OperationKind;
  const FunctionCall call{.function = malloc, .size = 100};
  EXPECT_EQ(said_amid({.in_signal_handler = true, .granted = 100}, call, {.error = ENOMEM}, 100),
            "contract.signals.handler");
  EXPECT_EQ(said_amid({.in_signal_handler = true, .granted = 10}, call, {.error = ENOMEM}, 100), "nothing");
}

TEST(CallClauses, DemandABlockInADestructorWhereTheProgramHadOne) {
  using enum OperationKind;
  const FunctionCall call{.function = malloc, .size = 100};
  EXPECT_EQ(said_amid({.in_destructor = true, .granted = 100}, call, {.error = ENOMEM}, 100),
            "contract.threads.destructors");
  EXPECT_EQ(said_amid({.in_destructor = true, .granted = 10}, call, {.error = ENOMEM}, 100), "nothing");
}

TEST(CallClauses, DemandTheNewHandlerAndABlockOfNoBytesOfOperatorNew) {
  using enum OperationKind;
  const FunctionCall call{.function = op_new, .size = huge};
  EXPECT_EQ(said_amid({.handler = true}, call, {.threw = true}, huge), "contract.new.handler");
  EXPECT_EQ(said_amid({.handler = true}, call, {.threw = true, .handled = handler_calls}, huge), "nothing");
  EXPECT_EQ(said_amid({.handler = true}, call, {.threw = true, .handled = 1}, huge), "contract.new.handler");
  EXPECT_EQ(said_amid({}, {.function = op_new}, {.threw = true}, 0), "contract.new.zero");
}

TEST(CallClauses, DemandThatWhatTheNewHandlerThrowsComesOutAsItIs) {
  using enum OperationKind;
  const auto said = [](OperationKind function, Thrown by_handler, Thrown came, unsigned handled = 1) {
    const Answer answer{.threw = came != Thrown::nothing, .handled = handled, .thrown = came};
    return said_amid({.throws = by_handler}, {.function = function, .size = huge}, answer, huge);
  };
  EXPECT_EQ(said(op_new, Thrown::bad_alloc, Thrown::bad_alloc), "nothing");
  EXPECT_EQ(said(op_new, Thrown::derived, Thrown::derived), "nothing");
  EXPECT_EQ(said(op_new, Thrown::derived, Thrown::bad_alloc), "contract.new.handler-throws");
  EXPECT_EQ(said(op_new, Thrown::derived, Thrown::bad_alloc, 0), "nothing");
  EXPECT_EQ(said(op_new, Thrown::nothing, Thrown::bad_alloc), "nothing");
  EXPECT_EQ(said(op_new_aligned_nothrow, Thrown::derived, Thrown::nothing), "nothing");
  EXPECT_EQ(said(op_new_aligned_nothrow, Thrown::derived, Thrown::derived), "contract.new.handler-throws");
}

TEST(CallClauses, DemandWhatAlignedAllocDoesWithNoPowerOfTwo) {
  using enum OperationKind;
  const FunctionCall call{.function = aligned_alloc, .size = 96, .alignment = 24};
  int block = 0;
  EXPECT_EQ(said_of(call, {.block = &block}, 96), "contract.aligned_alloc.invalid");
  EXPECT_EQ(said_of(call, {.error = ENOMEM}, 96), "contract.aligned_alloc.einval");
  EXPECT_EQ(said_of(call, {.error = EINVAL}, 96), "nothing");
}

TEST(CallClauses, DemandOfUsableSizesThatTheyStayAndThatNullHasNone) {
  using enum OperationKind;
  const FunctionCall call{.function = malloc_usable_size};
  EXPECT_EQ(said_of(call, {.value = 0}, 0), "nothing");
  EXPECT_EQ(said_of(call, {.value = 8}, 0), "contract.usable.null");
  std::byte byte{};
  const ShadowBlock block{{.address = &byte, .size = 20}, 0, 0, 24};
  const FunctionCall asked{.function = malloc_usable_size, .block = &byte};
  const auto said = [&](std::uint64_t value) {
    const Answer answer{.value = value};
    return judge_call({.call = asked, .answer = answer, .block = &block, .standard = true});
  };
  EXPECT_FALSE(said(24));
  ASSERT_TRUE(said(40));
  EXPECT_EQ(said(40)->oracle, "contract.usable.stable");
}

TEST(CallClauses, SpeakOnlyWhereTheyAreChosen) {
  const FunctionCall call{.function = OperationKind::malloc, .size = huge};
  const Answer answer;
  const ObservedCall seen{.call = call, .answer = answer, .total = huge, .standard = true};
  const std::vector<std::string> own = {"contract.failure.errno"};
  const std::vector<std::string> other = {"contract.free.errno", "shadow.contents"};
  EXPECT_TRUE(judge_call(seen, {.only = own}));
  EXPECT_FALSE(judge_call(seen, {.only = other}));
}

TEST(CallClauses, DemandWholePagesOfPvalloc) {
  int place = 0;
  const FunctionCall call{.function = OperationKind::pvalloc, .size = 5000};
  EXPECT_EQ(said_of(call, {.block = &place}, 5000, true, 8192), "nothing");
  EXPECT_EQ(said_of(call, {.block = &place}, 5000, true, 5008), "contract.pvalloc.rounds");
  EXPECT_EQ(said_of(call, {.block = &place}, 5000), "nothing") << "where the usable size is not known";
}

TEST(CallClauses, AreSilentWhereTheyAreAccepted) {
  const FunctionCall call{.function = OperationKind::malloc, .size = huge};
  const Answer answer;
  const std::vector<std::string> accepted = {"failure.errno"};
  EXPECT_FALSE(
      judge_call({.call = call, .answer = answer, .total = huge, .standard = true}, {.accepted = accepted}));
  EXPECT_TRUE(judges_calls("failure.errno"));
  EXPECT_EQ(meaning_of("contract.free.errno"), "free leaves errno as it was.");
  EXPECT_TRUE(judges_calls("usable.writable")) << "by whose id the shadow heap speaks";
  EXPECT_EQ(meaning_of("contract.threads.concurrent"),
            "Threads may allocate, and free each other's blocks, at the same time.");
  EXPECT_FALSE(judges_calls("realloc.keeps")) << "which the shadow heap judges by an id of its own";
}

/// Refuses what is over PTRDIFF_MAX without errno, as a library by name.
class WithoutErrno final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "without-errno"; }
  [[nodiscard]] bool standard() const override { return true; }
  [[nodiscard]] void* malloc(std::size_t size) override { return size > sizeof bytes_ ? nullptr : &bytes_; }
  [[nodiscard]] void* calloc(std::size_t /*count*/, std::size_t /*size*/) override { return nullptr; }
  [[nodiscard]] void* realloc(void* /*block*/, std::size_t /*size*/) override { return nullptr; }
  void free(void* /*block*/) override {}
  [[nodiscard]] std::size_t owed_alignment(std::size_t /*size*/) const noexcept override { return 1; }

 private:
  char bytes_[64] = {};
};

TEST(CallClauses, AreAskedInEveryRun) {
  WithoutErrno subject;
  const Trace trace = parse_text("poolhammer trace 2\nb0 = malloc(8)\nb1 = malloc(SIZE_MAX)\n");
  const auto finding = run(trace, subject).finding;
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "contract.failure.errno");
  EXPECT_EQ(finding->operation, "b1 = malloc(SIZE_MAX)");
  RunOptions without;
  without.oracles.contract = false;
  EXPECT_FALSE(run(trace, subject, without).finding);
}

}  // namespace
}  // namespace poolhammer
