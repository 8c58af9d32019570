#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/subjects/subject.hpp"
#include "harness/testing/with_cpython.hpp"

namespace poolhammer {
namespace {

TEST(Registry, KnowsTheSubjectsByNameInOrderWithALineOnEach) {
  std::vector<std::string_view> names;
  for (const SubjectKind& kind : subject_kinds()) {
    names.push_back(kind.name);
    EXPECT_FALSE(kind.meaning.empty()) << kind.name;
    if (kind.name == "cpython" && make_cpython() == nullptr) continue;  // this machine has none
    const auto subject = make_subject(kind.name);
    ASSERT_NE(subject, nullptr) << kind.name;
    EXPECT_EQ(subject->name(), kind.name);
  }
  EXPECT_THAT(names, testing::IsSupersetOf({"cpython", "libc", "pymalloc:classic", "pymalloc:aligned16",
                                            "pymalloc:modern", "pymalloc:tiny"}));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST(Registry, KnowsNoOtherName) {
  EXPECT_EQ(make_subject(""), nullptr);
  EXPECT_EQ(make_subject("pymalloc"), nullptr);
  EXPECT_EQ(make_subject("LIBC"), nullptr);
}

}  // namespace
}  // namespace poolhammer
