#include "harness/run/cause.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/trace/operation.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// `text` with every number, hexadecimal ones too, as "#".
[[nodiscard]] std::string without_numbers(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) {
      plain += text[i];
      continue;
    }
    plain += '#';
    const std::string_view digits =
        text.substr(i).starts_with("0x") ? "x0123456789abcdefABCDEF" : "0123456789";
    i = std::min(text.find_first_not_of(digits, i), text.size()) - 1;
  }
  return plain;
}

/// The exact model expects "MEMBER = VALUE" or "MEMBER: VALUE".
[[nodiscard]] std::string_view member_of(std::string_view expected) {
  std::string_view member = expected.substr(0, expected.find_first_of(":="));
  while (member.ends_with(' ')) member.remove_suffix(1);
  return member;
}

/// One bug breaks a link here or there of the same list.
[[nodiscard]] std::string_view list_of(std::string_view expected) {
  for (const std::string_view list : {"freepools", "nfp2lasta"}) {
    if (expected.find(list) != std::string_view::npos) return list;
  }
  return expected.find(" pool") != std::string_view::npos ? "used lists" : "arenas";
}

/// How a process died, without the function that it was in: "HOW, in FUNCTION; it wrote: TEXT".
[[nodiscard]] std::string death_of(std::string_view found) {
  // A signal is its number.
  std::string how(found.substr(0, found.find(',')));
  const std::size_t wrote = found.find("; it wrote: ");
  if (wrote != std::string_view::npos) how += without_numbers(found.substr(wrote));
  return how;
}

}  // namespace

Cause cause_of(const Finding& finding) {
  const std::string_view oracle = finding.oracle;
  if (oracle == "model.answer" || oracle == "model.requests") return {finding.oracle, ""};
  if (oracle == "model.lists") return {finding.oracle, std::string(list_of(finding.expected))};
  if (oracle.starts_with("model.")) return {finding.oracle, without_numbers(member_of(finding.expected))};
  if (oracle == "teardown") return {finding.oracle, without_numbers(finding.found)};
  // "trim to complain about nothing"
  if (oracle == "invariant.own-operation")
    return {finding.oracle, finding.expected.substr(0, finding.expected.find(' '))};
  if (oracle == "crash") return {finding.oracle, death_of(finding.found)};
  return {finding.oracle, ""};
}

std::string to_string(const Cause& cause) {
  return cause.detail.empty() ? cause.oracle : cause.oracle + " (" + cause.detail + ")";
}

std::string cause_word(const Trace& trace, const Finding& finding) {
  std::string cause = to_string(cause_of(finding));
  // What was damaged shows later, in any call.
  constexpr std::array of_any_call = {std::string_view("shadow.contents"), std::string_view("memory")};
  const bool of_a_call = std::ranges::find(of_any_call, finding.oracle) == of_any_call.end() &&
                         !finding.oracle.starts_with("invariant.") && !finding.oracle.starts_with("model.");
  if (!of_a_call || finding.operation_index >= trace.operations.size()) return cause;
  const OperationKind kind = trace.operations[finding.operation_index].kind;
  return is_function(kind) ? fmt::format("{} of {}", cause, word(kind)) : cause;
}

}  // namespace poolhammer
