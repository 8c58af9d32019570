#include "allocator/journal.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pymalloc {
namespace {

constexpr JournalEntry request = {Call::raw_malloc, 0, 100, 0x1000};
constexpr JournalEntry release = {Call::raw_free, 0x1000, 0, 0};

[[nodiscard]] std::vector<JournalEntry> entries_of(const Journal& journal) {
  return {journal.entries().begin(), journal.entries().end()};
}

TEST(Journal, KeepsCallsInTheirOrderWhileItIsOpen) {
  Journal journal;
  journal.note(request);
  EXPECT_TRUE(journal.entries().empty()) << "nobody opened it";
  journal.open(true);
  journal.note(request);
  journal.note(release);
  EXPECT_EQ(entries_of(journal), (std::vector<JournalEntry>{request, release}));
  journal.clear();
  journal.note(release);
  EXPECT_EQ(entries_of(journal), std::vector<JournalEntry>{release});
  journal.open(false);
  journal.note(request);
  EXPECT_TRUE(journal.entries().empty()) << "closed, it forgets and keeps nothing";
}

TEST(JournalEntry, EqualsAnotherInEveryPartAlone) {
  JournalEntry other = request;
  EXPECT_EQ(other, request);
  other.size = 101;
  EXPECT_NE(other, request);
  EXPECT_NE(request, release);
}

}  // namespace
}  // namespace pymalloc
