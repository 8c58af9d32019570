#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "harness/base/format_error.hpp"
#include "harness/base/random.hpp"
#include "harness/trace/import.hpp"
#include "harness/trace/text.hpp"

// What the tests of the importers share.
namespace poolhammer::testing_import {

using Parse = Imported (*)(std::string_view);

/// The operations as lines of the text form.
inline std::string operations_of(const Imported& imported) {
  std::string text;
  for (const Operation& operation : imported.trace.operations) text += to_text(operation) + "\n";
  return text;
}

/// What the importer's error says, or "no error".
inline std::string error_of(Parse importer, std::string_view text) {
  try {
    static_cast<void>(importer(text));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

/// Feeds every beginning of `log`, then copies of it with changed bytes, to the importer: it either reads
/// them to a trace that the text form can tell, or throws FormatError with a line.
inline void expect_total(Parse importer, std::string_view log) {
  const auto feed = [importer](const std::string& text) {
    try {
      const Imported imported = importer(text);
      ASSERT_EQ(parse_text(to_text(imported.trace)), imported.trace) << text;
    } catch (const FormatError& error) {
      const std::string_view what = error.what();
      ASSERT_TRUE(what.starts_with("line ")) << what;
      ASSERT_EQ(what.find('\n'), std::string_view::npos) << what;
    }
  };
  for (std::size_t size = 0; size <= log.size(); ++size) feed(std::string(log.substr(0, size)));
  Random random(31);
  for (int i = 0; i < 3000; ++i) {
    std::string text(log);
    for (std::uint64_t n = random.below(6) + 1; n > 0; --n) {
      text[static_cast<std::size_t>(random.below(text.size()))] = static_cast<char>(random.below(256));
    }
    feed(text);
  }
  feed(std::string(10'000'000, 'a'));
  feed(std::string(10'000'000, '-'));
  feed(std::string(1'000'000, '\0'));
}

}  // namespace poolhammer::testing_import
