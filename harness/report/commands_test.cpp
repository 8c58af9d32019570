#include "harness/report/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/report/fingerprint.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

const Trace written =
    parse_text("poolhammer trace 2\nlayout tiny\nb0 = malloc(24)\nfree(b0)\nb1 = malloc(48)\ncheck()\n");

TEST(ReplayCommand, HoldsWhatTheFileDoesNotSay) {
  EXPECT_EQ(replay_command("x.trace", ""), "poolhammer replay x.trace");
  EXPECT_EQ(replay_command("x.trace", "libc"), "poolhammer replay x.trace --subject libc");
  EXPECT_EQ(replay_command("x", "lib:/a b.so", "--raw --check-every 1"),
            "poolhammer replay x --subject 'lib:/a b.so' --raw --check-every 1");
}

TEST(ReplayCommand, QuotesForAShell) {
  EXPECT_EQ(replay_command("a b", ""), "poolhammer replay 'a b'");
  EXPECT_EQ(replay_command("it's", ""), "poolhammer replay 'it'\\''s'");
  EXPECT_EQ(replay_command("$(x);*", ""), "poolhammer replay '$(x);*'");
  EXPECT_EQ(replay_command("", ""), "poolhammer replay ''");
  // Not an option, and not standard input.
  EXPECT_EQ(replay_command("-x", ""), "poolhammer replay ./-x");
  EXPECT_EQ(replay_command("-", ""), "poolhammer replay -");
}

TEST(FindingFileName, IsTheSameForTheSameTraceOnly) {
  Trace other = written;
  EXPECT_EQ(finding_file_name(written), finding_file_name(other));
  EXPECT_THAT(finding_file_name(written), testing::MatchesRegex("finding-[0-9a-f]{16}[.]trace"));
  other.operations.back().kind = OperationKind::free;
  EXPECT_NE(finding_file_name(written), finding_file_name(other));
}

TEST(DebuggerCommand, StopsBeforeTheStep) {
  EXPECT_EQ(debugger_command("poolhammer replay x", 12),
            "gdb -ex 'break poolhammer_stop' -ex run -ex finish --args poolhammer replay x --stop-at 12");
}

TEST(ProgramCommand, NamesTheSubjectWhereTheCommandDoesNot) {
  EXPECT_EQ(program_command("poolhammer replay x --check-every 1", "pymalloc:tiny"),
            "poolhammer show x --check-every 1 --subject pymalloc:tiny --as c");
  EXPECT_EQ(program_command("poolhammer replay x --subject mine", "mine"),
            "poolhammer show x --subject mine --as c");
}

TEST(Fingerprint, IsFnv1a) {
  EXPECT_EQ(fingerprint({}), 0xCBF2'9CE4'8422'2325U);
  EXPECT_EQ(fingerprint(std::as_bytes(std::span("a", 1))), 0xAF63'DC4C'8601'EC8CU);
}

}  // namespace
}  // namespace poolhammer
