#include "harness/report/wording.hpp"

#include <gtest/gtest.h>

#include <string>

namespace poolhammer {
namespace {

TEST(ReportWording, WritesAnOperationAsItsTextForm) {
  StringText out;
  write_step(out, 7, on_thread(2, {OperationKind::aligned_alloc, 3, 0, 640, 64}));
  EXPECT_EQ(out.text(), "  at operation 7: thread 2: b3 = aligned_alloc(64, 640)\n");
}

TEST(ReportWording, CountsTheOperationsBeforeTheEnd) {
  const auto after_all = [](std::uint64_t operations, std::string_view stage) {
    StringText out;
    write_step_after_all(out, operations, stage);
    return out.text();
  };
  EXPECT_EQ(after_all(2, "final drain"), "  after all 2 operations (final drain)\n");
  EXPECT_EQ(after_all(1, ""), "  after the only operation\n");
  EXPECT_EQ(after_all(0, ""), "  after all 0 operations\n");
}

TEST(ReportWording, PutsEntriesUnderOneAnother) {
  EXPECT_EQ(report_entry("where:", "arena 0"), "  where:    arena 0\n");
  EXPECT_EQ(report_entry("expected:", "1"), "  expected: 1\n");
}

}  // namespace
}  // namespace poolhammer
