#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "harness/trace/binary.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

// versions/N.trace was written by the first program that wrote version N, and versions/N.txt tells what it
// means. Neither is ever written again: a corpus of that time has to be read for good. Kinds of operations
// that came later, and what stands around them, have files of their own, N+WHAT.
std::filesystem::path file_of(unsigned version, const char* ending) {
  return std::filesystem::path("harness/trace/versions") / (std::to_string(version) + ending);
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  const std::string text = contents(path);
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(VersionsOfTheBinaryForm, EachHasAFileThatIsReadAsItWasMeant) {
  for (unsigned version = 1; version <= binary_version; ++version) {
    const std::vector<std::byte> bytes = bytes_of(file_of(version, ".trace"));
    ASSERT_GT(bytes.size(), record_bytes) << version;
    EXPECT_EQ(std::to_integer<unsigned>(bytes[4]), version);
    EXPECT_EQ(parse_binary(bytes), parse_text(contents(file_of(version, ".txt")))) << version;
  }
  for (const std::string what : {"+own", "+generations", "+contexts", "+destructors", "+hand_over", "+heirs"})
    EXPECT_EQ(parse_binary(bytes_of(file_of(binary_version, (what + ".trace").c_str()))),
              parse_text(contents(file_of(binary_version, (what + ".txt").c_str()))));
}

TEST(VersionsOfTheBinaryForm, AMigratedFileIsOfThePresentVersionAndMeansTheSame) {
  for (unsigned version = 1; version <= binary_version; ++version) {
    const Trace former = parse_binary(bytes_of(file_of(version, ".trace")));
    const std::vector<std::byte> migrated = encode(former);
    EXPECT_EQ(std::to_integer<unsigned>(migrated.at(4)), binary_version);
    EXPECT_EQ(parse_binary(migrated), former) << version;
  }
}

TEST(VersionsOfTheBinaryForm, TheFilesTellEveryOperation) {
  std::vector<bool> told(operation_kinds, false);
  for (const char* const ending :
       {".trace", "+own.trace", "+generations.trace", "+hand_over.trace", "+heirs.trace"}) {
    for (const Operation& operation : parse_binary(bytes_of(file_of(binary_version, ending))).operations)
      told.at(static_cast<std::size_t>(operation.kind)) = true;
  }
  EXPECT_EQ(told, std::vector<bool>(operation_kinds, true));
}

}  // namespace
}  // namespace poolhammer
