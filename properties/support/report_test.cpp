#include "properties/support/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poolhammer {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Cases that are wrong from 3 on, with a number of up to 1000 to shrink.
[[nodiscard]] rc::Gen<Case> numbers() {
  return rc::gen::map(rc::gen::inRange(0, 1000), [](int number) {
    return Case{[number] { return number < 3 ? std::nullopt : Outcome("too large"); },
                [number] { return "<" + std::to_string(number) + ">"; },
                [number]() -> std::optional<Program> {
                  const Operation operation{OperationKind::malloc, 0, 0, static_cast<std::uint64_t>(number)};
                  return Program{{LayoutId::tiny, {operation}}, "a subject"};
                }};
  });
}

[[nodiscard]] Report searched(std::chrono::seconds shrink_limit) {
  return search(
      numbers(), [](const Case& value) { return value.act(); }, "Report/Test",
      read_parameters("max_success=200").configuration, shrink_limit);
}

TEST(Report, HoldsTheSmallestValueAndItsProgram) {
  const Report report = searched(std::chrono::hours(1));
  EXPECT_FALSE(report.held);
  EXPECT_THAT(report.message, HasSubstr("<3>"));
  EXPECT_THAT(report.message, HasSubstr("too large"));
  EXPECT_THAT(report.message, Not(HasSubstr("stopped")));
  ASSERT_TRUE(report.program);
  EXPECT_EQ(report.program->trace.operations.at(0).size, 3U);
}

TEST(Report, HoldsTheFirstValueWhereThereIsNoTimeToShrink) {
  const Report report = searched(std::chrono::seconds(0));
  EXPECT_FALSE(report.held);
  EXPECT_THAT(report.message, HasSubstr("too large"));
  EXPECT_THAT(report.message, HasSubstr("Shrinking stopped after 0 s."));
  ASSERT_TRUE(report.program);
  EXPECT_THAT(report.message,
              HasSubstr("<" + std::to_string(report.program->trace.operations.at(0).size) + ">"));
}

TEST(Report, ComesBackFromItsPackedFormAsItWas) {
  Report report = searched(std::chrono::hours(1));
  report.errors = "a line\nand 7:another";
  const Report back = Report::unpacked(report.packed());
  EXPECT_EQ(back.held, report.held);
  EXPECT_EQ(back.message, report.message);
  EXPECT_EQ(back.errors, report.errors);
  ASSERT_TRUE(back.program);
  EXPECT_EQ(back.program->trace, report.program->trace);
  EXPECT_EQ(back.program->subject, report.program->subject);
  EXPECT_FALSE(Report::unpacked(Report{true, "", "", std::nullopt}.packed()).program);
}

}  // namespace
}  // namespace poolhammer
