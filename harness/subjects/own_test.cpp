#include "harness/subjects/own.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/run/minimize.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/adapt_testing.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

enum class Fit { best, first, next };

/// An arena whose operations do what they are told, and note it.
class Declaring {
 public:
  void* allocate(std::size_t size) {
    const std::size_t rounded = (size + 15) / 16 * 16;
    if (size > sizeof memory_ || rounded > sizeof memory_ - used_) return nullptr;
    return &memory_[std::exchange(used_, used_ + rounded)];
  }
  void deallocate(void* /*block*/, std::size_t size) { freed += size; }

  void trim(std::size_t keep) { note("trim " + std::to_string(keep)); }
  void fit(Fit how, bool deep) {
    note("fit " + std::to_string(static_cast<int>(how)) + (deep ? " deep" : ""));
  }
  void touch(void* block, std::size_t size) {
    note("touch " + std::to_string(size) + (block == &memory_[0] ? " first" : ""));
  }
  void drop(void* block, std::size_t size) { note("drop"), deallocate(block, size); }
  void* aligned(std::size_t alignment, std::size_t size) {
    used_ = (used_ + alignment - 1) / alignment * alignment;
    return used_ > sizeof memory_ ? nullptr : allocate(size);
  }
  void* resize(void* block, std::size_t old_size, std::size_t size) {
    void* const moved = size <= old_size ? block : allocate(size);
    if (moved != nullptr)
      std::copy_n(static_cast<char*>(block), std::min(old_size, size), static_cast<char*>(moved));
    return moved;
  }
  void clear() { note("clear"), used_ = 0; }

  static constexpr auto operations() {
    return poolhammer::operations(
        operation("trim", &Declaring::trim, in_range(16, 1000)),
        operation("fit", &Declaring::fit, choice("best", "first", "next"), in_range(0, 1)),
        operation("touch", &Declaring::touch, block(), block_size()),
        operation("drop", &Declaring::drop, freed_block(), block_size()),
        operation("aligned", &Declaring::aligned, alignment_in(16, 64), size_in(1, 512)),
        operation("resize", &Declaring::resize, block(), block_size(), size_in(1, 512)),
        reset("clear", &Declaring::clear),
        operation(
            "twice", [](Declaring& arena, std::size_t keep) { arena.trim(2 * keep); }, powers_of_two(1, 8)));
  }

  static inline std::vector<std::string> calls;
  std::size_t freed = 0;

 private:
  static void note(const std::string& call) { calls.push_back(call); }

  alignas(64) char memory_[65536];
  std::size_t used_ = 0;
};

TEST(OwnOperations, AreDeclaredByTheType) {
  const auto declared = detail::own_operations<Declaring>();
  ASSERT_EQ(declared.size(), 8U);
  std::vector<OwnEffect> effects;
  for (const OwnOperation& operation : declared) effects.push_back(operation.effect);
  EXPECT_THAT(effects,
              ElementsAre(OwnEffect::none, OwnEffect::none, OwnEffect::none, OwnEffect::frees,
                          OwnEffect::gives, OwnEffect::resizes, OwnEffect::frees_all, OwnEffect::none));
  EXPECT_EQ(declared[0].name, "trim");
  EXPECT_EQ(declared[0].kind(), OperationKind::own);
  EXPECT_EQ(declared[4].kind(), OperationKind::own_block);
}

TEST(OwnOperations, AreCalledWithTheNumbersOfTheTrace) {
  Declaring::calls.clear();
  EXPECT_EQ(
      told_at_step<Declaring>("own(0, 500, 0, 0)\nown(1, 2, 1, 0)\nown(7, 8, 0, 0)\nb0 = malloc(40)\n"
                              "own_block(2, b0, 0, 0, 0)\nown_block(3, b0, 0, 0, 0)\nown(6, 0, 0, 0)\n"),
      "nothing");
  EXPECT_THAT(Declaring::calls,
              ElementsAre("trim 500", "fit 2 deep", "trim 16", "touch 40 first", "drop", "clear"));
}

TEST(OwnOperations, ANumberOutsideOfItsRangeIsTakenIntoIt) {
  Declaring::calls.clear();
  EXPECT_EQ(
      told_at_step<Declaring>("own(0, 0, 77, 5)\nown(0, SIZE_MAX, 0, 0)\nown(1, 4, 6, 0)\nown(7, 7, 0, 0)\n"),
      "nothing");
  // SIZE_MAX is 60 modulo the 985 numbers of the range.
  EXPECT_THAT(Declaring::calls, ElementsAre("trim 16", "trim 76", "fit 1", "trim 16"));
}

TEST(OwnOperations, OneThatThereIsNotIsPassedOver) {
  Declaring::calls.clear();
  auto subject = subject_of<Declaring>();
  const std::string of_others = "own(8, 0, 0, 0)\nown_block(200, b0, 0, 0, 0)\n";
  const std::string of_other_kinds = "own(2, 0, 0, 0)\nown_block(0, b0, 0, 0, 0)\n";
  const std::string without_block = "own_block(2, b0, 0, 0, 0)\nown_block(5, b0, 0, 8, 0)\n";
  const std::string over_a_block = "b0 = malloc(8)\nown_block(4, b0, 16, 8, 0)\n";
  const Verdict verdict = run(trace_of(of_others + of_other_kinds + without_block + over_a_block), subject);
  EXPECT_FALSE(verdict.finding);
  EXPECT_EQ(verdict.statistics.skipped, 7U);
  EXPECT_THAT(Declaring::calls, testing::IsEmpty());
  auto other = make_subject("libc");
  EXPECT_EQ(run(trace_of("own(0, 1, 0, 0)\nown_block(0, b0, 0, 0, 0)\n"), *other).statistics.skipped, 2U);
}

TEST(OwnOperations, ABlockThatOneGivesIsABlockLikeOthers) {
  EXPECT_EQ(told_at_step<Declaring>(
                "own_block(4, b0, 64, 100, 0)\nb0 = realloc(b0, 200)\nown_block(5, b0, 300, 0, 0)\n"
                "own_block(5, b0, 10, 0, 0)\nfill(b0)\ncheck()\nfree(b0)\nown_block(4, b0, 16, 8, 0)\n"),
            "nothing");
}

TEST(OwnOperations, WhatManyProgramsDoAccusesNobody) {
  auto subject = subject_of<Declaring>();
  std::set<std::uint8_t> performed;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Trace trace = generate(seed, {.operations = 200,
                                        .layout = LayoutId::classic,
                                        .breadth = {.functions = {}, .own = subject.own_operations()}});
    for (const Operation& operation : trace.operations) {
      if (operation.has_own()) performed.insert(operation.own);
    }
    RunOptions options;
    options.check_every = 1;
    const auto finding = run(trace, subject, options).finding;
    ASSERT_FALSE(finding) << to_string(*finding) << to_text(trace, subject.own_operations());
  }
  EXPECT_EQ(performed.size(), 8U);
}

// Faults: each shows only where the operation comes before or between ordinary ones.

/// The most recent block is given away by trim(0).
struct TrimsLiveBlock : Declaring {
  void* allocate(std::size_t size) { return spare_ != nullptr ? std::exchange(spare_, nullptr) : give(size); }
  void trim_all(std::size_t keep) { spare_ = keep == 0 ? last_ : nullptr; }
  static constexpr auto operations() {
    return poolhammer::operations(operation("trim", &TrimsLiveBlock::trim_all, in_range(0, 1 << 20)));
  }

 private:
  void* give(std::size_t size) { return last_ = Declaring::allocate(size); }
  void* last_ = nullptr;
  void* spare_ = nullptr;
};

/// The last bytes of a block that moves are lost.
struct LosesLastBytes : Declaring {
  void* resize_aligned(void* block, std::size_t old_size, std::size_t alignment, std::size_t size) {
    void* const moved = aligned(alignment, size);
    if (moved != nullptr && size > 0)
      std::copy_n(static_cast<char*>(block), std::min(old_size, size) - 1, static_cast<char*>(moved));
    return moved;
  }
  static constexpr auto operations() {
    return poolhammer::operations(operation("resize_aligned", &LosesLastBytes::resize_aligned,
                                            poolhammer::block(), block_size(), alignment_in(16, 64),
                                            size_in(1, 4096)));
  }
};

/// A reset leaves the bytes in use as they were.
struct ResetKeepsCounter : Declaring {
  void* allocate(std::size_t size) {
    void* const block = Declaring::allocate(size);
    if (block != nullptr) in_use_ += size;
    return block;
  }
  void deallocate(void* /*block*/, std::size_t size) { in_use_ -= size; }
  [[nodiscard]] std::size_t bytes_in_use() const { return in_use_; }
  static constexpr auto operations() {
    return poolhammer::operations(reset("clear", &Declaring::clear),
                                  operation("trim", &Declaring::trim, in_range(0, 9)));
  }

 private:
  std::size_t in_use_ = 0;
};

/// The blocks of give() lie 8 bytes beside a multiple of the alignment.
struct Misaligns : Declaring {
  void* give(std::size_t size, std::size_t alignment) {
    void* const block = aligned(alignment, size + 8);
    return block == nullptr ? nullptr : static_cast<char*>(block) + 8;
  }
  static constexpr auto operations() {
    return poolhammer::operations(operation("give", &Misaligns::give, size_in(1, 100), alignment_in(16, 64)));
  }
};

/// The shortest program that random ones lead to, by the names of its steps, and its finding.
template <class A>
[[nodiscard]] std::string minimal() {
  auto subject = subject_of<A>();
  RunOptions options;
  options.memory_limit = 1U << 20U;
  const auto own = subject.own_operations();
  const Trial trial = [&](const Trace& trace) { return run(trace, subject, options).finding; };
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Trace trace = generate(
        seed, {.operations = 200, .layout = LayoutId::classic, .breadth = {.functions = {}, .own = own}});
    if (!trial(trace)) continue;
    const auto result = minimize(trace, trial, {.own = own});
    if (!result) return "not deterministic";
    // Its file shows the same, in either form, byte for byte.
    const Trace from_binary = parse_binary(encode(result->trace));
    const Trace from_text = parse_text(to_text(result->trace, own));
    if (encode(from_binary) != encode(from_text)) return "another program";
    const auto again = trial(from_text);
    // Up to the addresses, which such an allocator has from the process.
    if (!again || again->oracle != result->finding.oracle || again->operation != result->finding.operation ||
        again->block != result->finding.block)
      return "another finding";
    std::string text = result->finding.oracle + " of";
    for (const Operation& operation : result->trace.operations) text += " " + to_text(operation, own) + ";";
    return text;
  }
  return "nothing";
}

TEST(OwnOperations, AFaultThatOnlyTheyShowIsFoundAndMinimal) {
  EXPECT_EQ(minimal<TrimsLiveBlock>(), "shadow.disjoint of b0 = malloc(1); trim(0); b1 = malloc(1);");
  EXPECT_EQ(minimal<LosesLastBytes>(),
            "shadow.kept of b0 = malloc(1); b0 = resize_aligned(b0, size of b0, 16, 1);");
  EXPECT_EQ(minimal<ResetKeepsCounter>(), "drain.bytes of b0 = malloc(1); clear();");
  EXPECT_EQ(minimal<Misaligns>(), "shadow.alignment of b0 = give(1, 16);");
}

TEST(OwnOperations, WhatOneSaysIsAFindingInAllItsForms) {
  struct Says : Declaring {
    bool no() { return false; }
    [[nodiscard]] static bool yes(Says& /*self*/) { return true; }
    [[nodiscard]] const char* literal() const { return "a literal"; }
    std::optional<std::string> text(std::size_t number) {
      if (number == 3) return "an optional";
      return std::nullopt;
    }
    static constexpr auto operations() {
      return poolhammer::operations(operation("no", &Says::no), operation("yes", &Says::yes),
                                    operation("literal", &Says::literal),
                                    operation("text", &Says::text, in_range(0, 9)));
    }
  };
  EXPECT_EQ(told_at_step<Says>("own(0, 0, 0, 0)\n"), "invariant.own-operation: no(): false");
  EXPECT_EQ(told_at_step<Says>("own(1, 0, 0, 0)\n"), "nothing");
  EXPECT_EQ(told_at_step<Says>("own(2, 0, 0, 0)\n"), "invariant.own-operation: literal(): a literal");
  EXPECT_EQ(told_at_step<Says>("own(3, 2, 0, 0)\nown(3, 3, 0, 0)\n"),
            "invariant.own-operation: text(3): an optional");
}

TEST(OwnOperations, BadAllocIsARefusal) {
  struct Throws : Declaring {
    void act() { throw std::bad_alloc(); }
    void* give(std::size_t /*size*/) { throw std::bad_alloc(); }
    void* resize_it(void* /*block*/, std::size_t /*size*/) { throw std::bad_alloc(); }
    static constexpr auto operations() {
      return poolhammer::operations(
          operation("act", &Throws::act), operation("give", &Throws::give, size_in(1, 9)),
          operation("resize", &Throws::resize_it, poolhammer::block(), size_in(1, 9)));
    }
  };
  EXPECT_EQ(told_at_step<Throws>("own(0, 0, 0, 0)\nown_block(1, b0, 1, 0, 0)\nb1 = malloc(50)\n"
                                 "own_block(2, b1, 5, 0, 0)\nfree(b1)\n"),
            "nothing");
}

TEST(OwnOperations, ARefusalOfTheirsNeedsNoReasonButLeavesTheBlockAsItWas) {
  struct Refuses : Declaring {
    [[nodiscard]] static bool may_refuse(std::size_t /*size*/) { return false; }
    void* in_place(void* block, std::size_t size) {
      if (size == 9) *static_cast<char*>(block) = static_cast<char>(~*static_cast<char*>(block));
      return nullptr;
    }
    static constexpr auto operations() {
      return poolhammer::operations(
          operation("in_place", &Refuses::in_place, poolhammer::block(), size_in(1, 9)));
    }
  };
  EXPECT_EQ(told_at_step<Refuses>("b0 = malloc(5)\nown_block(0, b0, 8, 0, 0)\nfree(b0)\n"), "nothing");
  EXPECT_THAT(told_at_step<Refuses>("b0 = malloc(5)\nown_block(0, b0, 9, 0, 0)\n"),
              HasSubstr("shadow.unchanged-by-failure: b0 = in_place(b0, 9): "));
}

TEST(OwnOperationsDeathTest, AnyOtherExceptionEndsTheProcess) {
  struct Throws : Declaring {
    void act() { throw 1; }
    static constexpr auto operations() { return poolhammer::operations(operation("act", &Throws::act)); }
  };
  EXPECT_DEATH((void)told_at_step<Throws>("own(0, 0, 0, 0)\n"), "");
}

/// Two operations of a memory resource.
class Resource : public std::pmr::monotonic_buffer_resource {
 public:
  using monotonic_buffer_resource::monotonic_buffer_resource;
  void count(std::size_t by) { counted += by; }
  static constexpr auto operations() {
    return poolhammer::operations(
        operation("count", &Resource::count, in_range(0, 9)),
        poolhammer::reset("release", &std::pmr::monotonic_buffer_resource::release));
  }
  static inline std::size_t counted = 0;
};

TEST(OwnOperations, OfAMemoryResourceAreItsOwn) {
  EXPECT_EQ(told_at_step<Resource>(
                "b0 = malloc(100)\nown(0, 7, 0, 0)\nown(1, 0, 0, 0)\nb0 = malloc(200)\nfree(b0)\n"),
            "nothing");
  EXPECT_EQ(Resource::counted, 7U);
}

// An operation on a block is not to be told of what was damaged before it.
TEST(OwnOperations, DamageDoneBeforeIsNotTheirs) {
  struct Writes : Declaring {
    void write(void* target) {
      *static_cast<char*>(target) = static_cast<char>(~*static_cast<char*>(target));
    }
    static constexpr auto operations() {
      return poolhammer::operations(operation("write", &Writes::write, poolhammer::block()));
    }
  };
  EXPECT_THAT(told_at_step<Writes>("b0 = malloc(8)\nown_block(0, b0, 0, 0, 0)\nfree(b0)\n"),
              HasSubstr("shadow.contents: write(b0): "));
}

}  // namespace
}  // namespace poolhammer
