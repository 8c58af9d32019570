#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/scan.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

// The worked example of docs/trace-format.md: a block of the text form, and a dump of the bytes by od.
struct Example {
  std::string text;
  std::vector<std::byte> bytes;
};

void append_dumped_bytes(std::string_view fields, std::vector<std::byte>& bytes) {
  for (std::string_view field = take_field(fields); !field.empty(); field = take_field(fields)) {
    bytes.push_back(static_cast<std::byte>(parse_hexadecimal(field).value()));
  }
}

Example read_example(std::string_view document) {
  Example example;
  bool in_text = false;
  Lines lines(document);
  while (lines.next()) {
    std::string_view rest = lines.line();
    if (rest == "poolhammer trace 2") in_text = true;
    if (rest == "```") in_text = false;
    if (in_text) example.text += std::string(rest) + "\n";
    const std::string_view offset = take_field(rest);
    if (offset.size() == 7 && parse_decimal(offset)) append_dumped_bytes(rest, example.bytes);
  }
  return example;
}

TEST(TraceDocumentation, TheWorkedExampleIsTrue) {
  const std::string document = contents_of("docs/trace-format.md");
  ASSERT_FALSE(document.empty()) << "run from the project's root";
  const Example example = read_example(document);
  const Trace trace = parse_text(example.text);
  EXPECT_EQ(trace.operations.size(), 4U);
  EXPECT_EQ(to_text(trace), example.text);
  EXPECT_EQ(encode(trace), example.bytes);
}

}  // namespace
}  // namespace poolhammer
