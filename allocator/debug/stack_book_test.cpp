#include "allocator/debug/stack_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <string>

#include "allocator/debug/testing/debugged.hpp"
#include "allocator/debug/testing/expect_damage.hpp"

namespace pymalloc {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// Functions that a trace can be told to come from: the address of each frame of theirs lies behind their
/// beginning, and not far.
[[gnu::noinline]] std::byte* allocates(DebugLayer& layer, std::size_t size) {
  auto* const block = static_cast<std::byte*>(layer.malloc(size));
  asm volatile("" ::: "memory");  // no tail call: the frame stays
  return block;
}
[[gnu::noinline]] void frees(DebugLayer& layer, void* block) {
  layer.free(block);
  asm volatile("" ::: "memory");
}
[[gnu::noinline]] StackTrace traces() {
  const StackTrace trace = StackTrace::here();
  asm volatile("" ::: "memory");
  return trace;
}

TEST(StackTrace, BeginsWithTheCallOfWhoAsked) {
  const StackTrace trace = traces();
  ASSERT_GE(trace.count, 2U);
  const auto address = reinterpret_cast<std::uintptr_t>(trace.frames()[0]);
  const auto function = reinterpret_cast<std::uintptr_t>(&traces);
  EXPECT_GT(address, function);
  EXPECT_LT(address, function + 4096);
}

TEST(StackTrace, ReadsAsALineForEachFrame) {
  StackTrace trace;
  EXPECT_EQ(to_string(trace), "");
  trace.addresses[0] = reinterpret_cast<void*>(std::uintptr_t{0x10});
  trace.count = 1;
  EXPECT_EQ(to_string(trace), "    #0 0x10\n");
}

TEST(StackTrace, NamesTheFunctionsOfLibrariesAsTheirSourceDoes) {
  StackTrace trace;
  trace.addresses[0] = reinterpret_cast<void*>(&std::terminate);
  trace.count = 1;
  EXPECT_THAT(to_string(trace), HasSubstr(" in std::terminate()\n"));
}

TEST(StackBook, KnowsNothingOfABlockThatWasFreedAlone) {
  PlainBase base;
  StackBook book(functions_of(base));
  const int block = 0;
  book.note_free(&block, StackTrace::here());
  EXPECT_EQ(book.find(&block), nullptr);
}

TEST(DebugLayerStacks, SayWhoAllocatedAndWhoFreedTheBlockThatIsFreedTwice) {
  Debugged d(Domain::object, {.stacks = true});
  std::byte* const block = allocates(d.layer, 20);
  frees(d.layer, block);
  frees(d.layer, block);
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::double_free);
  EXPECT_THAT(seen.allocated_by, HasSubstr("#1 "));
  EXPECT_THAT(seen.freed_by, HasSubstr("#1 "));
  EXPECT_NE(seen.allocated_by, seen.freed_by);
  EXPECT_THAT(to_string(seen), HasSubstr("allocated by:\n    #0 0x"));
  EXPECT_THAT(to_string(seen), HasSubstr("freed by:\n    #0 0x"));
}

TEST(DebugLayerStacks, SayNothingOfAFreeWhileTheBlockLives) {
  Debugged d(Domain::object, {.stacks = true});
  std::byte* const block = allocates(d.layer, 20);
  frees(d.layer, block);
  std::byte* const again = allocates(d.layer, 20);
  const std::byte before = again[20];
  again[20] = std::byte{1};
  EXPECT_EQ(d.layer.check(), 1U);
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::overflow);
  EXPECT_THAT(seen.allocated_by, Not(IsEmpty()));
  EXPECT_THAT(seen.freed_by, IsEmpty());
  again[20] = before;
}

TEST(DebugLayerStacks, FollowABlockThatReallocMoved) {
  Debugged d(Domain::object, {.quarantine_bytes = 10'000, .stacks = true});
  std::byte* const block = allocates(d.layer, 20);
  auto* const moved = static_cast<std::byte*>(d.layer.realloc(block, 40));
  ASSERT_NE(moved, block);
  frees(d.layer, block);
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::double_free);
  EXPECT_THAT(seen.allocated_by, Not(IsEmpty()));
  EXPECT_THAT(seen.freed_by, Not(IsEmpty()));
}

TEST(DebugLayerStacks, FollowABlockThatTheBaseResized) {
  for (const bool in_place : {true, false}) {
    Debugged d(Domain::object, {.registry = false, .stacks = true});
    d.base.shrinks_in_place = in_place;
    std::byte* const block = allocates(d.layer, 40);
    auto* const resized = static_cast<std::byte*>(d.layer.realloc(block, 20));
    ASSERT_EQ(resized == block, in_place);
    {
      const Changed change(resized + 20, wrong);
      EXPECT_EQ(d.layer.check(), 1U) << "stacks need a registry, and get one";
      EXPECT_THAT(d.only().allocated_by, Not(IsEmpty()));
    }
    if (!in_place) {
      frees(d.layer, block);
      const BlockDamage seen = d.only();
      EXPECT_EQ(seen.kind, DamageKind::double_free);
      EXPECT_THAT(seen.freed_by, Not(IsEmpty()));
    }
    frees(d.layer, resized);
    EXPECT_EQ(d.reports(), "");
  }
}

TEST(DebugLayerStacks, AreNotKeptUnlessTheyAreAskedFor) {
  Debugged d(Domain::object, {});
  std::byte* const block = allocates(d.layer, 20);
  frees(d.layer, block);
  frees(d.layer, block);
  const BlockDamage seen = d.only();
  EXPECT_THAT(seen.allocated_by, IsEmpty());
  EXPECT_THAT(to_string(seen), Not(HasSubstr("allocated by")));
}

TEST(DebugLayerStacks, CostATraceAndNothingElseWhereTheBaseRefusesTheirMemory) {
  PlainBase base;
  StackBook book(functions_of(base));
  int block = 0;
  book.note_allocation(&block, StackTrace::here());
  ASSERT_NE(book.find(&block), nullptr);
  int other = 0;
  base.refuse_after(0);
  book.note_allocation(&other, StackTrace::here());
  EXPECT_EQ(book.find(&other), nullptr);
  EXPECT_NE(book.find(&block), nullptr);
}

}  // namespace
}  // namespace pymalloc
