#include "allocator/invariants/catalogue.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace pymalloc {
namespace {

TEST(Catalogue, NamesEachInvariantOnceAndSaysInASentenceWhatItMeans) {
  std::set<std::string_view> names;
  for (const Invariant& invariant : catalogue) {
    EXPECT_TRUE(names.insert(invariant.name).second) << invariant.name << " is there twice";
    EXPECT_NE(invariant.name.find('.'), std::string_view::npos) << invariant.name << " names no subject";
    EXPECT_EQ(invariant.meaning.back(), '.') << invariant.name;
  }
}

std::string row(const Invariant& invariant) {
  return "| `" + std::string(invariant.name) + "` | " + std::string(invariant.meaning) + " |";
}

/// The document of the source tree that this file was compiled from, or of the current folder's.
std::filesystem::path document() {
  const std::filesystem::path here = "docs/invariants.md";
  if (std::filesystem::exists(here)) return here;
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / here;
}

TEST(Catalogue, IsTheTableOfTheDocumentRowByRow) {
  std::ifstream file(document());
  ASSERT_TRUE(file) << "cannot read " << document();
  std::vector<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("| `", 0) == 0) rows.push_back(line);
  }
  std::vector<std::string> expected;
  for (const Invariant& invariant : catalogue) expected.push_back(row(invariant));
  EXPECT_EQ(rows, expected) << "write the table in " << document() << " anew";
}

}  // namespace
}  // namespace pymalloc
