// The trace format and the importers: any bytes are a program, its forms round-trip, and strict readers
// either accept or complain in one line.
#include <fmt/format.h>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support/target.hpp"
#include "harness/base/format_error.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/importer.hpp"
#include "harness/trace/text.hpp"

namespace {

using namespace poolhammer;

void demand(bool holds, std::string_view oracle, std::string_view expected, std::string_view found) {
  if (holds) return;
  fuzz::report({.oracle = std::string(oracle),
                .operation_index = 0,
                .operation = "decoding",
                .where = "",
                .expected = std::string(expected),
                .found = std::string(found)});
}

void check_forms(const Trace& trace) {
  const std::vector<std::byte> bytes = encode(trace);
  demand(decode(bytes) == trace, "trace.binary", "decode(encode(t)) == t", to_text(decode(bytes)));
  demand(parse_binary(bytes) == trace, "trace.strict", "parse_binary(encode(t)) == t",
         to_text(parse_binary(bytes)));
  const std::string text = to_text(trace);
  demand(parse_text(text) == trace, "trace.text", "parse_text(to_text(t)) == t", to_text(parse_text(text)));
}

/// A reader of files given by people: it returns a trace or throws a FormatError of one line.
template <typename Reader>
void check_reader(std::string_view name, Reader reader) {
  try {
    check_forms(reader());
  } catch (const FormatError& error) {
    const std::string_view line = error.what();
    const bool one_line = !line.empty() && line.find_first_of("\r\n") == std::string_view::npos;
    demand(one_line, "trace.complaint", fmt::format("{} complains in one line", name), line);
  }
}

}  // namespace

POOLHAMMER_FUZZ_TARGET(trace, .about = "the forms of a trace and the importers",
                       .dictionary = "fuzz_trace.dict")
(std::span<const std::byte> input) {
  const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
  check_forms(decode(input));
  check_reader("parse_binary", [&] { return parse_binary(input); });
  check_reader("parse_text", [&] { return parse_text(text); });
  for (const Importer& importer : importers()) {
    check_reader(importer.word, [&] { return importer.parse(text).trace; });
  }
}
