// The words of version 1 of the text form, which are still read: "malloc 0 24".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "harness/trace/statement.hpp"

namespace poolhammer {
namespace {

using enum OperationKind;
constexpr std::array<OperationKind, 10> kinds = {malloc,      calloc,   realloc, free,   check,
                                                 fail_arenas, fail_raw, place,   domain, hook};
constexpr std::array<std::string_view, kinds.size()> words = {
    "malloc", "calloc", "realloc", "free", "check", "fail-arenas", "fail-raw", "place", "domain", "hook"};

constexpr std::string_view size_meaning(OperationKind kind) {
  switch (kind) {
    case calloc:
      return "the size of an element";
    case fail_arenas:
    case fail_raw:
      return "a number of requests";
    default:
      return "a size";
  }
}

}  // namespace

Operation parse_first_words(std::string_view name, LineReader& line) {
  const auto found = std::find(words.begin(), words.end(), name);
  if (found == words.end()) line.fail(words_expected("an operation", words), name);
  Operation operation;
  operation.kind = kinds[static_cast<std::size_t>(std::distance(words.begin(), found))];
  if (operation.has_slot())
    operation.slot = static_cast<std::uint32_t>(line.number("a slot number", slot_limit - 1));
  if (operation.has_count()) {
    operation.count = line.number("a number of elements", std::numeric_limits<std::uint32_t>::max());
  }
  if (const Choices choices = choices_of(operation.kind); !choices.words.empty()) {
    const std::string_view choice = line.field();
    const auto chosen = std::find(choices.words.begin(), choices.words.end(), choice);
    if (chosen == choices.words.end()) line.fail(words_expected(choices.meaning, choices.words), choice);
    operation.size = static_cast<std::uint64_t>(std::distance(choices.words.begin(), chosen));
  } else if (operation.has_size()) {
    operation.size = line.number(size_meaning(operation.kind), std::numeric_limits<std::uint64_t>::max());
  }
  line.end();
  return operation;
}

}  // namespace poolhammer
