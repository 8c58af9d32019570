#include "harness/process/process_end.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>

namespace poolhammer {
namespace {

[[nodiscard]] ProcessEnd exited(int status, std::string output) {
  return {.how = ProcessEnd::How::exited, .status = status, .output = std::move(output)};
}

TEST(HowItDied, NamesTheErrorOfASanitizerAndTheAccess) {
  EXPECT_EQ(how_it_died(
                exited(1,
                       "x\n==7==ERROR: AddressSanitizer: use-after-poison on address 0x1 at pc 0x2\nREAD of "
                       "size 8 at 0x1 thread T0\n")),
            "AddressSanitizer: use-after-poison, READ");
  EXPECT_EQ(how_it_died(exited(1, "==7==ERROR: AddressSanitizer: SEGV on unknown address 0x0 (pc 0x5)\n")),
            "AddressSanitizer: SEGV");
}

TEST(HowItDied, LeavesOutTheValuesOfUndefinedBehaviour) {
  EXPECT_EQ(how_it_died(exited(1, "heap.hpp:12:3: runtime error: division by zero\nSUMMARY: ...\n")),
            "UndefinedBehaviorSanitizer: division by zero");
  EXPECT_EQ(how_it_died(exited(1, "x.hpp:1:3: runtime error: index 99 out of bounds\n")),
            "UndefinedBehaviorSanitizer: index ");
}

TEST(HowItDied, NamesTheSignalOrTheStatusElse) {
  EXPECT_EQ(how_it_died(end_of_status(SIGABRT)), "died by signal 6 (Aborted)");
  EXPECT_EQ(how_it_died(exited(9, "some words")), "ended with status 9");
}

TEST(ProcessEnd, IsToldInWords) {
  using How = ProcessEnd::How;
  EXPECT_EQ(to_string(ProcessEnd{.how = How::hang, .output = {}}), "did not end in time");
  EXPECT_EQ(to_string(ProcessEnd{.how = How::memory, .output = {}}), "took more memory than allowed");
  EXPECT_EQ(to_string(ProcessEnd{.how = How::not_started, .status = ENOENT, .output = {}}),
            "could not be started: No such file or directory");
}

TEST(ProcessEnd, HasTheStatusThatAShellGives) {
  EXPECT_EQ(end_of_status(3 << 8).shell_status(), 3);
  EXPECT_EQ(end_of_status(SIGTERM).shell_status(), 128 + SIGTERM);
  EXPECT_EQ((ProcessEnd{.how = ProcessEnd::How::hang, .output = {}}.shell_status()), 128 + SIGKILL);
  EXPECT_EQ((ProcessEnd{.how = ProcessEnd::How::not_started, .status = ENOENT, .output = {}}.shell_status()),
            127);
}

}  // namespace
}  // namespace poolhammer
