// A hundred files that are no traces: each gets one line that says where it is wrong, and harms nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/testing/command.hpp"
#include "harness/base/random.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

using testing::MatchesRegex;

constexpr std::size_t each = 10;

[[nodiscard]] Trace some_trace(std::uint64_t seed) {
  return generate(seed, {.operations = 8 + static_cast<std::size_t>(seed), .layout = LayoutId::tiny});
}

[[nodiscard]] std::string binary(std::uint64_t seed) {
  std::string bytes;
  for (const std::byte byte : encode(some_trace(seed))) bytes += static_cast<char>(byte);
  return bytes;
}

[[nodiscard]] std::string random_bytes(Random& random, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes += static_cast<char>(random.below(256));
  return bytes;
}

/// A log of another tool with a line that was damaged in its midst: one cut off at its end is taken.
[[nodiscard]] std::string damaged_log(std::size_t which) {
  const std::vector<std::string> logs = {"= Start\n@ ./a:[0x1] + 0x10\n@ ./a:[0x1] - 0x10\n= End\n",
                                         "= Start\n@ ./a:[0x1] * 0x10 0x8\n= End\n",
                                         "= Start\nMemory not freed:\n-----------------\n",
                                         "1 1 malloc(8)=#1\n1 1 reall\n1 1 free(#1)\n",
                                         "1 1 malloc(8)=#1\n1 1 fr1 1 free(#1)\n",
                                         "1 1 malloc(x)=#1\n",
                                         "1\n2\n3\n4\na 0\nf 0\n",
                                         "1\n2\n3\n4\na 0 8\nx 0\n",
                                         "1\n2\n3\n4\na 0 8\nf 4294967296\n",
                                         "--1-- malloc(8) = 0x10\n--2-- malloc(8) = 0x10\n"};
  return logs[which];
}

/// What is wrong with it, and its bytes.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> malformed() {
  Random random(20);
  std::vector<std::pair<std::string, std::string>> files;
  for (std::size_t i = 0; i < each; ++i) {
    const std::string whole = binary(i);
    const std::string lines = to_text(some_trace(i));
    std::string wrong_version = whole;
    wrong_version[4] = static_cast<char>(3 + i);
    std::string huge_count = whole;
    for (std::size_t at = 8; at <= 8 + i % 8; ++at) huge_count[at] = '\x7f';
    std::string wrong_kind = whole;
    wrong_kind[encoded_bytes(i)] = static_cast<char>(operation_kinds + 20 * i);
    const std::size_t middle = lines.find('\n', lines.size() / 2) + 1;
    files.emplace_back("truncated", whole.substr(0, 1 + i * (whole.size() - 2) / each / 32 * 32 + i % 15));
    files.emplace_back("random bytes", random_bytes(random, 1 + 37 * i * i));
    files.emplace_back("wrong version", i % 2 == 0
                                            ? wrong_version
                                            : "poolhammer trace " + std::to_string(i + 2) + "\nmalloc 0 1\n");
    files.emplace_back("huge count",
                       i % 2 == 0 ? huge_count : "poolhammer trace 1\nmalloc 0 1" + std::string(20 + i, '0'));
    files.emplace_back("wrong kind", wrong_kind);
    files.emplace_back("text garbage", lines.substr(0, middle) +
                                           (i % 2 == 0 ? "free 0 0 what\n" : "free(b0) what\n") +
                                           lines.substr(middle));
    files.emplace_back("over-long line", i % 2 == 0 ? std::string(100'000 * (i + 1), 'x')
                                                    : lines + std::string(100'000 * (i + 1), '7') + "\n");
    files.emplace_back("NUL bytes",
                       i % 2 == 0 ? std::string(16 * i, '\0') : lines + std::string(i, '\0') + "\n");
    files.emplace_back("damaged log", damaged_log(i));
    files.emplace_back(
        "of another program",
        std::vector<std::string>{"", "\n\n\n", "# only a comment\n",
                                 "\x7f"
                                 "ELF\x02\x01\x01",
                                 "#!/bin/sh\nmalloc 0 1\n", "{\"a\": 1}\n", "PK\x03\x04",
                                 "\xef\xbb\xbfpoolhammer trace 1\n", "%PDF-1.4\n", "poolhammer\n"}[i]);
  }
  return files;
}

TEST(Malformed, FilesGetOneLineThatNamesFileAndPlaceFromEveryCommand) {
  const TemporaryFolder folder;
  const auto files = malformed();
  ASSERT_EQ(files.size(), 100U);
  std::vector<std::string> replay_all = {"replay"};
  std::string all_complaints;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& [what, bytes] = files[i];
    const std::string file = folder.file("input-" + std::to_string(i), bytes).string();
    const Outcome outcome = poolhammer({"show", file});
    EXPECT_EQ(outcome.status, 2) << file << ": " << what << "\n" << outcome;
    EXPECT_EQ(outcome.out, "") << what;
    EXPECT_THAT(
        lines_of(outcome.err),
        testing::ElementsAre(MatchesRegex(
            "poolhammer: " + file +
            ": ((line|offset) [0-9]+: expected .+, found .+|expected a trace, found an empty file.+)")))
        << what;
    EXPECT_THAT(outcome.err, testing::SizeIs(testing::Lt(500U))) << what;
    replay_all.push_back(file);
    all_complaints += outcome.err;
  }
  EXPECT_EQ(poolhammer(replay_all),
            (Outcome{2, "0 replays, 0 findings, 100 files could not be read\n", all_complaints}));
}

TEST(Malformed, FilesAreProgramsAllTheSameWhenReadAsRaw) {
  const TemporaryFolder folder;
  const auto files = malformed();
  std::vector<std::string> replay_all = {"replay", "--raw", "--memory-limit", "1"};
  for (std::size_t i = 0; i < files.size(); ++i) {
    replay_all.push_back(folder.file("input-" + std::to_string(i), files[i].second).string());
    if (i % each != 0) continue;
    EXPECT_EQ(poolhammer({"show", "--raw", replay_all.back()}).status, 0) << files[i].first;
  }
  const Outcome outcome = poolhammer(replay_all);
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, testing::EndsWith("\n100 replays, 0 findings, 0 files could not be read\n"));
}

}  // namespace
}  // namespace poolhammer::cli
