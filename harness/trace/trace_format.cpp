#include "harness/trace/trace_format.hpp"

#include <array>

#include "harness/base/scan.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

constexpr std::array built_in = {TraceFormat::automatic, TraceFormat::binary, TraceFormat::text,
                                 TraceFormat::raw};

bool begins_like_binary(std::string_view head) {
  return head.starts_with(std::string_view(binary_magic.data(), binary_magic.size()));
}

bool begins_like_text(std::string_view head) {
  Lines lines(head);
  while (lines.next()) {
    std::string_view rest = lines.line().substr(0, lines.line().find('#'));
    const std::string_view field = take_field(rest);
    if (!field.empty()) return field == "poolhammer";
  }
  return false;
}

// Whether an importer of this kind recognises `head`.
std::optional<TraceFormat> detect_log(std::string_view head, bool passes_over_lines) {
  for (const Importer& importer : importers()) {
    if (importer.passes_over_lines == passes_over_lines && importer.recognises(head)) {
      return TraceFormat(importer.word);
    }
  }
  return std::nullopt;
}

}  // namespace

const std::vector<std::string_view>& trace_format_words() {
  static const std::vector<std::string_view> words = [] {
    std::vector<std::string_view> all;
    for (const TraceFormat format : built_in) all.push_back(word(format));
    for (const Importer& importer : importers()) all.push_back(importer.word);
    return all;
  }();
  return words;
}

std::optional<TraceFormat> trace_format_named(std::string_view name) {
  for (const std::string_view known : trace_format_words()) {
    if (known == name) return TraceFormat(known);
  }
  return std::nullopt;
}

std::optional<TraceFormat> detect_format(std::string_view head) {
  if (begins_like_binary(head)) return TraceFormat::binary;
  if (begins_like_text(head)) return TraceFormat::text;
  const std::optional<TraceFormat> log = detect_log(head, false);
  return log ? log : detect_log(head, true);
}

}  // namespace poolhammer
