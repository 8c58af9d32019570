#include "harness/trace/importer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "harness/base/temporary_folder.hpp"
#include "harness/trace/trace_format.hpp"

namespace poolhammer {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

bool begins_with_at_signs(std::string_view head) {
  return head.starts_with("@@@");
}

Imported one_operation(std::string_view /*text*/) {
  return {{LayoutId::classic, {{OperationKind::malloc, 0, 0, 7}}}, {}};
}

// What somebody who adds an importer writes.
const ImporterRegistration registration({"at-signs", "an importer of this test", &begins_with_at_signs,
                                         &one_operation});

TEST(Importers, OneThatRegistersIsThereByItsWord) {
  const Importer* const found = importer_named("at-signs");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->parse("").trace.operations.size(), 1U);
  EXPECT_EQ(importer_named("at-sign"), nullptr);
}

TEST(Importers, OneThatRegistersIsAFormOfTracesToo) {
  EXPECT_THAT(trace_format_words(), Contains("at-signs"));
  EXPECT_EQ(detect_format("@@@ 1\n"), trace_format_named("at-signs").value());
}

TEST(Importers, AreSortedAndHaveWordsOfTheirOwn) {
  EXPECT_TRUE(std::ranges::is_sorted(importers(), {}, &Importer::word));
  const auto twice = std::ranges::adjacent_find(importers(), {}, &Importer::word);
  EXPECT_EQ(twice, importers().end()) << twice->word;
  for (const Importer& importer : importers()) {
    EXPECT_FALSE(importer.meaning.empty()) << importer.word;
    for (const TraceFormat built_in :
         {TraceFormat::automatic, TraceFormat::binary, TraceFormat::text, TraceFormat::raw}) {
      EXPECT_NE(importer.word, word(built_in));
    }
  }
}

TEST(Importers, EachIsDescribedWhereTheTraceFormatIs) {
  const std::string page = contents_of("docs/trace-format.md");
  for (const Importer& importer : importers()) {
    if (importer.word == "at-signs") continue;
    EXPECT_THAT(page, HasSubstr("\n| `" + std::string(importer.word) + "` | "))
        << "run from the project's root";
  }
}

}  // namespace
}  // namespace poolhammer
