#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "harness/base/scan.hpp"
#include "harness/base/temporary_folder.hpp"

namespace poolhammer {
namespace {

/// The blocks of a document behind a line that ends in the name of a file, as in "`docs/examples/a.cpp`:", by
/// that name.
[[nodiscard]] std::map<std::string, std::string> included_files(std::string_view document) {
  std::map<std::string, std::string> files;
  std::string named;
  bool inside = false;
  Lines lines(document);
  while (lines.next()) {
    const std::string_view line = lines.line();
    if (line.starts_with("```")) {
      inside = !inside && !named.empty() && line != "```";
      if (inside) files[named];
      if (!inside) named.clear();
    } else if (inside) {
      files[named] += std::string(line) + "\n";
    } else if (line.ends_with("`:")) {
      const std::size_t begin = line.rfind('`', line.size() - 3) + 1;
      named = line.substr(begin, line.size() - 2 - begin);
    } else if (!line.empty()) {
      named.clear();
    }
  }
  return files;
}

TEST(AdaptDocumentation, IncludesEveryExampleAsItIs) {
  const std::string document = contents_of("docs/test-your-allocator.md");
  ASSERT_FALSE(document.empty()) << "run from the project's root";
  const auto included = included_files(document);
  std::size_t examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator("docs/examples")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".c") continue;
    ++examples;
    const std::string path = entry.path().string();
    ASSERT_TRUE(included.contains(path)) << path << " is not in the document";
    const std::string text = contents_of(path);
    EXPECT_EQ(included.at(path), text) << path;
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 45) << path << " is not short";
  }
  EXPECT_EQ(examples, 5U);
}

}  // namespace
}  // namespace poolhammer
