#include "harness/picture/heap_record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/testing/trace_of.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

/// A program played to its end, and the record of it. What the record says as a whole is judged in a browser,
/// by the script that reads it: see cli/testing/browser_test.py.
class Played {
 public:
  explicit Played(const Trace& trace)
      : subject_(make_subject("pymalloc:tiny")), playback_(trace, *subject_, options_), record_(*subject_) {
    while (playback_.step()) {
      const std::size_t before = record_.bytes().size();
      record_.add(playback_.last(), playback_.held());
      steps.push_back(record_.bytes().substr(before));
      checksums.push_back(checksum(take_snapshot(*subject_, playback_.held())));
    }
  }

  std::vector<std::string> steps;
  std::vector<std::uint32_t> checksums;

 private:
  std::unique_ptr<Subject> subject_;
  RunOptions options_;
  Playback playback_;
  HeapRecord record_;
};

TEST(HeapRecord, OfAStepThatChangesNothingNamesNothing) {
  const Played played(tiny_trace_of("check\nb0 = malloc(10)\nb0 = malloc(10)\n"));
  // It ended well, no block before or behind it, no pool, no block, no list, no arena; no usable arena, none
  // outside.
  EXPECT_EQ(played.steps[0], std::string(10, '\0'));
  const std::string place = "\x02";  // block 0 of pool 0
  const std::string skipped = "\x01" + place + place + std::string(4, '\0');
  EXPECT_EQ(played.steps[2].substr(0, 7), skipped);
  EXPECT_EQ(played.steps[2].size(), 10U);
}

TEST(HeapRecord, OfAFreeNamesTheHeaderTheLinkAndTheBlock) {
  const Played played(tiny_trace_of("b0 = malloc(10)\nb1 = malloc(20)\nfree(b0)\n"));
  const std::string& step = played.steps[2];
  // Done; block 0 of pool 0 before, none behind. One pool, number 0: ref.count (bit 0) is 1, freeblock (bit
  // 5) is block 0; one link, of block 0, to block 2.
  EXPECT_EQ(step.substr(0, 3), std::string("\0\2\0", 3));
  EXPECT_EQ(step.substr(3, 8), std::string("\1\0\x21\1\2\1\0\4", 8));
  // One block, number 0, is no longer held.
  EXPECT_EQ(step.substr(11, 3), std::string("\1\0\0", 3));
}

TEST(HeapRecord, OfTheSameTraceIsTheSame) {
  const Trace trace = generate(2, {.operations = 500, .layout = LayoutId::tiny});
  const auto steps = [&] { return Played(trace).steps; };
  const std::vector<std::string> first = steps();
  EXPECT_EQ(steps(), first);
}

TEST(Checksum, TellsHeapsApartByWhatLiesInThemAndInWhichOrder) {
  const auto last = [](const std::string& lines) { return Played(tiny_trace_of(lines)).checksums.back(); };
  const std::string three = "b0 = malloc(10)\nb1 = malloc(10)\nb2 = malloc(10)\n";
  EXPECT_EQ(last(three), last(three));
  EXPECT_NE(last(three), last("b0 = malloc(10)\nb1 = malloc(11)\nb2 = malloc(10)\n")) << "a size";
  EXPECT_NE(last(three), last("b0 = malloc(10)\nb2 = malloc(10)\nb1 = malloc(10)\n")) << "a slot";
  EXPECT_NE(last(three + "free(b0)\nfree(b1)\n"), last(three + "free(b1)\nfree(b0)\n"))
      << "the order of a free list";
}

}  // namespace
}  // namespace poolhammer
