// The words in which steps are shown to people, each step's.
#include "harness/contract/probe.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t largest = INT64_MAX;

TEST(Step, ReadsAsItsCall) {
  const std::vector<std::pair<Step, std::string>> texts = {
      {call(0, Function::malloc, 24), "b0 = malloc(24)"},
      {call(1, Function::calloc, 3, 8), "b1 = calloc(3, 8)"},
      {call(2, Function::aligned_alloc, 64, 128), "b2 = aligned_alloc(64, 128)"},
      {call(3, Function::posix_memalign, 64, 100), "posix_memalign(&b3, 64, 100)"},
      {resize(4, Function::realloc, 0, 48), "b4 = realloc(b0, 48)"},
      {resize(5, Function::realloc, no_slot, 1), "b5 = realloc(NULL, 1)"},
      {resize(6, Function::reallocarray, 1, 3, 16), "b6 = reallocarray(b1, 3, 16)"},
      {release(2), "free(b2)"},
      {release(no_slot), "free(NULL)"},
      {on(3, release(2)), "thread 3: free(b2)"},
  };
  for (const auto& [step, text] : texts) EXPECT_EQ(to_string(step), text);
}

TEST(Step, NamesLargeNumbersByWhatTheyAreNearTo) {
  const auto asked = [](std::uint64_t size) { return to_string(call(0, Function::malloc, size)); };
  EXPECT_EQ(asked(UINT64_MAX), "b0 = malloc(SIZE_MAX)");
  EXPECT_EQ(asked(UINT64_MAX - 7), "b0 = malloc(SIZE_MAX - 7)");
  EXPECT_EQ(asked(largest), "b0 = malloc(PTRDIFF_MAX)");
  EXPECT_EQ(asked(largest - 16), "b0 = malloc(PTRDIFF_MAX - 16)");
  EXPECT_EQ(asked(largest + 1), "b0 = malloc(PTRDIFF_MAX + 1)");
  EXPECT_EQ(asked(largest + 9), "b0 = malloc(PTRDIFF_MAX + 9)");
  EXPECT_EQ(asked(largest / 2), "b0 = malloc(4611686018427387903)");
}

TEST(Step, ReadsAsWhatItDoesWhereItIsNoCall) {
  Step exhaust = plain(Verb::exhaust, 4096, 100);
  exhaust.function = Function::malloc;
  const std::vector<std::pair<Step, std::string>> texts = {
      {plain(Verb::set_errno, ENOMEM), "errno = ENOMEM"},
      {plain(Verb::set_errno, 0), "errno = 0"},
      {plain(Verb::set_errno, 9999), "errno = 9999"},
      {fill(1), "fill b1"},
      {fill_usable(1), "fill b1 to its usable size"},
      {expect(Expect::aligned, 1, 16), "expect of b1: an address that is a multiple of 16"},
      {expect(Expect::not_null), "expect of the call: a block"},
      {note(Note::usable, 1), "note the usable size of b1"},
      {note(Note::resident), "note the memory in use"},
      {plain(Verb::end_thread), "end"},
      {plain(Verb::fork), "fork {"},
      {plain(Verb::child_ends), "}"},
      {plain(Verb::repeat, 5), "repeat 5 {"},
      {plain(Verb::repeat_ends), "}"},
      {plain(Verb::limit_memory, 100), "limit memory to 100 bytes more"},
      {plain(Verb::unlimit), "unlimit memory"},
      {exhaust, "malloc blocks of 4096 until none is had, at most 100"},
      {plain(Verb::release), "free all of these"},
      {plain(Verb::churn, 4, 100), "4 threads pass on 100 blocks each"},
      {plain(Verb::fork_crowd, 4, 3), "4 threads allocate while 3 children are forked, which allocate too"},
      {plain(Verb::set_handler), "install a new handler"},
      {{.verb = Verb::misuse, .function = Function::free, .slot = 1, .a = 8}, "misuse: free(b1 + 8)"},
  };
  for (const auto& [step, text] : texts) EXPECT_EQ(to_string(step), text);
}

/// An expectation, what was seen instead, and both in words.
struct Disappointment {
  Step step;
  std::uint64_t observed;
  std::uint64_t detail;
  const char* promised;
  const char* happened;
};

TEST(Step, SaysWhatItExpectedAndWhatHappenedInstead) {
  const std::vector<Disappointment> all = {
      {expect(Expect::null, 1), 0x1000, 0, "no block (NULL, or std::bad_alloc)", "a block at 0x1000"},
      {expect(Expect::not_null, 1), ENOMEM, 0, "a block", "no block (errno ENOMEM)"},
      {expect(Expect::error, 1, ENOMEM), 0, 0, "errno is ENOMEM", "errno is 0"},
      {expect(Expect::failed_with, 1, EINVAL), ENOMEM, 0, "errno is EINVAL", "errno is ENOMEM"},
      {expect(Expect::status, 1, 0), EINVAL, 0, "the result 0", "the result EINVAL"},
      {expect(Expect::result_kept, 1), 0, 0, "the pointer is left as it was, or NULL", "another pointer"},
      {expect(Expect::aligned, 1, 16), 0x1008, 0, "an address that is a multiple of 16", "a block at 0x1008"},
      {expect(Expect::disjoint, 1), 2, 0, "no byte of another live block", "bytes of b2"},
      {expect(Expect::zero, 1, 0, 24), 0x41, 7, "bytes 0 to 23 are 0", "byte 7 is 0x41"},
      {expect(Expect::kept, 1), 0x41, 7, "the bytes that were written into it", "byte 7 is 0x41"},
      {expect(Expect::all_kept), 0, among_threads, "every live block holds what was written into it",
       "a block that a thread held did not, or a child did not end well in time"},
      {expect(Expect::usable, 1, 24), 16, 0, "a usable size of at least 24", "16"},
      {expect(Expect::usable_stable, 1), 16, 24, "the same usable size as before", "16, and 24 before"},
      {expect(Expect::usable_multiple, 1, 8), 12, 0, "a usable size that is a multiple of 8", "12"},
      {expect(Expect::usable_none), 8, 0, "a usable size of 0 for NULL", "8"},
      {expect(Expect::handled), 0, 0, "the new handler is called", "it is not"},
  };
  for (const Disappointment& each : all) {
    Outcome outcome;
    outcome.result = Result::broken;
    outcome.observed = each.observed;
    outcome.detail = each.detail;
    EXPECT_EQ(promised(each.step), each.promised);
    EXPECT_EQ(happened(each.step, outcome), each.happened);
  }
}

TEST(Step, SaysHowTheProcessDiedWhateverWasExpected) {
  Outcome outcome;
  outcome.result = Result::died;
  outcome.death = "SIGSEGV: nothing said";
  EXPECT_EQ(happened(expect(Expect::not_null), outcome), "SIGSEGV: nothing said");
}

}  // namespace
}  // namespace poolhammer::contract
