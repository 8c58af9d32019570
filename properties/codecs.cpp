#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "harness/base/format_error.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/text.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {
namespace {

using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] std::span<const std::byte> as_bytes(const Bytes& bytes) {
  return std::as_bytes(std::span(bytes));
}

/// Any numbers in any member, not only those that make a good program.
[[nodiscard]] rc::Gen<Operation> any_operations() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange<std::uint8_t>(0, operation_kinds),
                     rc::gen::inRange<std::uint32_t>(0, slot_limit), rc::gen::arbitrary<std::uint64_t>(),
                     rc::gen::arbitrary<std::uint64_t>(), rc::gen::arbitrary<std::uint64_t>(),
                     rc::gen::arbitrary<std::uint8_t>(), rc::gen::inRange<std::uint8_t>(0, functions)),
      [](const std::tuple<std::uint8_t, std::uint32_t, std::uint64_t, std::uint64_t, std::uint64_t,
                          std::uint8_t, std::uint8_t>& numbers) {
        const auto [kind, slot, count, size, alignment, thread, by] = numbers;
        return canonical({static_cast<OperationKind>(kind), slot, count, size, alignment, thread,
                          static_cast<OperationKind>(by)});
      });
}

[[nodiscard]] rc::Gen<Trace> any_traces() {
  return rc::gen::map(
      rc::gen::pair(any_layout(), rc::gen::container<std::vector<Operation>>(any_operations())),
      [](std::pair<LayoutId, std::vector<Operation>>&& parts) {
        return Trace{parts.first, std::move(parts.second)};
      });
}

[[nodiscard]] Outcome same(const Trace& expected, const Trace& found) {
  if (expected == found) return std::nullopt;
  return fmt::format("it came back as\n{}", to_text(found));
}

TEST(Codecs, TheBinaryFormComesBackAsItWas) {
  holds(any_traces(), [](const Trace& trace) -> Outcome {
    const std::vector<std::byte> bytes = encode(trace);
    if (auto outcome = same(trace, parse_binary(bytes))) return outcome;
    return same(trace, decode(bytes));
  });
}

TEST(Codecs, TheTextFormComesBackAsItWas) {
  holds(any_traces(), [](const Trace& trace) { return same(trace, parse_text(to_text(trace))); });
}

// A number at each line: its low bits say what is sprinkled in there.
TEST(Codecs, CommentsBlanksAndEmptyLinesChangeNothing) {
  const auto sprinkled = [](const ProgramWith<std::vector<std::uint8_t>>& value) {
    const std::string text = to_text(value.trace);
    std::string result;
    std::size_t line = 0;
    for (const char c : text) {
      const unsigned what = value.extra.empty() ? 0 : value.extra[line % value.extra.size()];
      if (c == ' ' && (what & 1U) != 0) result += " \t";
      if (c == '\n') {
        if ((what & 2U) != 0) result += "  # free 0";
        if ((what & 4U) != 0) result += '\r';
        if ((what & 8U) != 0) result += "\n\n \t\n# malloc 1 1";
        ++line;
      }
      result += c;
    }
    return result;
  };
  holds(with(any_traces(), rc::gen::arbitrary<std::vector<std::uint8_t>>()),
        [sprinkled](const auto& value) { return same(value.trace, parse_text(sprinkled(value))); });
}

TEST(Codecs, AnyBytesDecodeAndTheCanonicalFormIsAFixedPoint) {
  holds(rc::gen::scale(4, rc::gen::arbitrary<Bytes>()), [](const Bytes& bytes) -> Outcome {
    const Trace trace = decode(as_bytes(bytes));
    const std::vector<std::byte> canonical = encode(trace);
    if (encode(decode(canonical)) != canonical) return "encoding it again gives other bytes";
    if (trace.operations.size() != operations_in(bytes.size())) {
      return fmt::format("{} operations from {} bytes", trace.operations.size(), bytes.size());
    }
    return same(trace, parse_binary(canonical));
  });
}

struct OneChangedByte {
  Trace trace;
  std::size_t place = 0;  ///< modulo the length
  std::uint8_t flip = 1;  ///< the bits that change; not 0

  [[nodiscard]] Trace program() const { return trace; }
};

void showValue(const OneChangedByte& value, std::ostream& out) {
  showValue(value.trace, out);
  out << fmt::format("with byte {} changed by xor {:#x}", value.place, value.flip);
}

TEST(Codecs, TheStrictParserTakesWhatEncodeWritesAndNothingElse) {
  const auto values = rc::gen::map(
      rc::gen::tuple(any_traces(), rc::gen::arbitrary<std::size_t>(), rc::gen::inRange<std::uint8_t>(1, 255)),
      [](const std::tuple<Trace, std::size_t, std::uint8_t>& parts) {
        const auto& [trace, place, flip] = parts;
        return OneChangedByte{trace, place % encode(trace).size(), flip};
      });
  holds(values,
        [](const OneChangedByte& value) -> Outcome {
          std::vector<std::byte> bytes = encode(value.trace);
          bytes[value.place] ^= std::byte{value.flip};
          try {
            const Trace found = parse_binary(bytes);
            if (found == value.trace) return "the changed byte was not noticed";
            if (encode(found) != bytes) return "bytes were taken that encode does not write";
          } catch (const FormatError&) {
            return std::nullopt;  // refused: that is one of the two right answers
          }
          return std::nullopt;
        },
        {.cases = 400});
}

}  // namespace
}  // namespace poolhammer
