#include "harness/report/wording.hpp"

#include <gtest/gtest.h>

#include <string>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

TEST(ReportWording, WritesEveryOperationAsItsTextForm) {
  for (std::uint8_t kind = 0; kind < operation_kinds; ++kind) {
    for (const std::uint64_t size : {0U, 1U, 4U, 1000U}) {
      Operation operation{static_cast<OperationKind>(kind), 0, 0, 0};
      if (operation.has_slot()) operation.slot = 3;
      if (operation.has_count()) operation.count = 5;
      if (operation.has_size()) operation.size = size;
      StringText out;
      write_operation(out, operation);
      EXPECT_EQ(out.text(), to_text(operation));
    }
  }
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
