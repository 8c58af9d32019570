#include "harness/trace/import_builder.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "harness/trace/import_testing.hpp"

namespace poolhammer {
namespace {

using testing_import::operations_of;

TEST(ImportBuilder, TheSlotFreedLastIsTheNextOneUsed) {
  ImportBuilder builder;
  builder.malloc(100, 1);
  builder.malloc(200, 2);
  builder.malloc(300, 3);
  builder.free(100);
  builder.free(200);
  builder.malloc(400, 4);
  builder.malloc(500, 5);
  builder.malloc(600, 6);
  const Imported imported = builder.finish();
  EXPECT_EQ(operations_of(imported),
            "b0 = malloc(1)\nb1 = malloc(2)\nb2 = malloc(3)\nfree(b0)\nfree(b1)\nb1 = malloc(4)\nb0 = "
            "malloc(5)\nb3 = malloc(6)\n");
  EXPECT_EQ(imported.report, ImportReport{});
}

TEST(ImportBuilder, ReallocKeepsTheSlotWhereverTheBlockMoves) {
  ImportBuilder builder;
  builder.realloc(0, 100, 1);
  builder.realloc(100, 100, 2);
  builder.realloc(100, 200, 3);
  builder.free(200);
  const Imported imported = builder.finish();
  EXPECT_EQ(operations_of(imported),
            "b0 = realloc(b0, 1)\nb0 = realloc(b0, 2)\nb0 = realloc(b0, 3)\nfree(b0)\n");
  EXPECT_EQ(imported.report, ImportReport{});
}

TEST(ImportBuilder, ReallocToNothingThatReturnsNullIsAFree) {
  ImportBuilder builder;
  builder.malloc(100, 1);
  builder.realloc(100, 0, 0);
  builder.malloc(100, 2);
  builder.realloc(100, 100, 0);  // an allocator that keeps a block of no bytes
  EXPECT_EQ(operations_of(builder.finish()),
            "b0 = malloc(1)\nfree(b0)\nb0 = malloc(2)\nb0 = realloc(b0, 0)\n");
}

TEST(ImportBuilder, BlocksFromBeforeTheLogAreCounted) {
  ImportBuilder builder;
  builder.free(100);
  builder.realloc(200, 300, 5);
  builder.realloc(400, 0, 5);
  builder.free(0);
  builder.free(300);
  const Imported imported = builder.finish();
  EXPECT_EQ(operations_of(imported), "b0 = malloc(5)\nfree(b0)\n");
  EXPECT_EQ(imported.report, (ImportReport{.skipped_frees = 3}));
}

TEST(ImportBuilder, ARefusedRequestLeavesNoBlockBehind) {
  ImportBuilder builder;
  builder.malloc(0, 1000);
  builder.calloc(0, 2, 3);
  builder.realloc(0, 0, 7);
  builder.malloc(100, 4);
  builder.realloc(100, 0, 1000);
  builder.free(100);
  const Imported imported = builder.finish();
  EXPECT_EQ(operations_of(imported),
            "b0 = malloc(1000)\nfree(b0)\nb0 = calloc(2, 3)\nfree(b0)\nb0 = realloc(b0, 7)\nfree(b0)\nb0 = "
            "malloc(4)\nb0 = realloc(b0, "
            "1000)\nfree(b0)\n");
  EXPECT_EQ(imported.report, (ImportReport{.refused = 4}));
}

TEST(ImportBuilder, AnAddressHandedOutTwiceImpliesAFree) {
  ImportBuilder builder;
  builder.malloc(100, 1);
  builder.malloc(100, 2);
  builder.malloc(200, 3);
  builder.realloc(200, 100, 4);
  const Imported imported = builder.finish();
  EXPECT_EQ(operations_of(imported),
            "b0 = malloc(1)\nfree(b0)\nb1 = malloc(2)\nb0 = malloc(3)\nfree(b1)\nb0 = realloc(b0, 4)\n");
  EXPECT_EQ(imported.report, (ImportReport{.implied_frees = 2}));
}

TEST(ImportBuilder, CallocKeepsItsNumbers) {
  ImportBuilder builder;
  const std::uint64_t big = std::uint64_t{1} << 40U;
  builder.calloc(100, big, 3);
  builder.calloc(0, big, big);
  const Imported imported = builder.finish();
  ASSERT_EQ(imported.trace.operations.size(), 3U);
  EXPECT_EQ(imported.trace.operations[0], (Operation{OperationKind::calloc, 0, big, 3}));
  EXPECT_EQ(imported.trace.operations[1], (Operation{OperationKind::calloc, 1, big, big}));
}

TEST(ImportBuilder, ReportsInOneLineOfWords) {
  EXPECT_EQ(to_string(ImportReport{}), "");
  EXPECT_EQ(to_string(ImportReport{.skipped_frees = 2, .aligned_as_plain = 1}),
            "2 frees of blocks from before the log left out; 1 aligned allocation taken as malloc");
  EXPECT_EQ(to_string(ImportReport{1, 1, 2, 1, 2}),
            "1 free of a block from before the log left out; 1 free added, as the log hands out the address "
            "of a live "
            "block; 2 aligned allocations taken as malloc; 1 request that failed when logged; 2 calls cut "
            "off by the "
            "end of the log left out");
}

}  // namespace
}  // namespace poolhammer
