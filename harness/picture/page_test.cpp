#include "harness/picture/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/base/format_error.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

[[nodiscard]] std::string page_of(const Trace& trace,
                                  const PageWords& words = {"x.trace", "replay", "show", 0}) {
  const auto subject = make_subject("pymalloc:" + std::string(word(trace.layout)));
  const RunOptions options;
  Playback playback(trace, *subject, options);
  return to_page(trace, playback, words);
}

[[nodiscard]] Trace some_trace(std::size_t operations) {
  return generate(4, {.operations = operations, .layout = LayoutId::tiny});
}

TEST(Page, IsOneFileThatAsksForNoOther) {
  const std::string page = page_of(some_trace(100));
  EXPECT_THAT(page,
              AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("default-src 'none'"), HasSubstr("</html>")));
  for (const char* request : {" src=", "url(", "http:", "https:", "import(", "fetch("})
    EXPECT_THAT(page, Not(HasSubstr(request))) << request;
}

TEST(Page, HoldsTheTraceTheProgramAndTheCommands) {
  const Trace trace = some_trace(100);
  const std::string page =
      page_of(trace, {"x.trace", "poolhammer replay x.trace", "poolhammer show x.trace --as c", 7});
  EXPECT_THAT(page, AllOf(HasSubstr(">" + to_text(trace) + "</script>"), HasSubstr("int main(void) {"),
                          HasSubstr("\"poolhammer replay x.trace\""),
                          HasSubstr("\"poolhammer show x.trace --as c\""), HasSubstr("\"opensAt\":7")));
}

TEST(Page, IsTheSameForTheSameTrace) {
  EXPECT_EQ(page_of(some_trace(300)), page_of(some_trace(300)));
}

TEST(Page, LetsNoNameEndItsScripts) {
  const std::string page = page_of(some_trace(10), {"</script><b>\xff", "</script>", "</script>", 0});
  EXPECT_THAT(page, Not(HasSubstr("</script><b>")));
  EXPECT_THAT(page, HasSubstr("\\u003c/script>\\u003c"));
}

TEST(Page, IsRefusedWhereItWouldBeTooLarge) {
  const Trace trace = some_trace(100);
  PageWords words{"x.trace", "", "", 0};
  words.most_record_bytes = 200;
  try {
    (void)page_of(trace, words);
    FAIL() << "a page without a limit";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("x.trace: expected a trace whose page"), HasSubstr("of 100; --as svg")));
  }
}

}  // namespace
}  // namespace poolhammer
