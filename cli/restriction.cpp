#include <fmt/format.h>

#include <optional>

#include "cli/options.hpp"
#include "harness/base/scan.hpp"
#include "harness/report/commands.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer::cli {
namespace {

[[nodiscard]] std::optional<OperationKind> function_named(std::string_view name) {
  for (const OperationKind kind : all_functions()) {
    if (word(kind) == name) return kind;
  }
  return std::nullopt;
}

/// Whether one of the user's allocators has an operation of that name.
[[nodiscard]] bool is_own_operation(std::string_view name) {
  for (const SubjectKind& kind : subject_kinds()) {
    for (const OwnOperation& declaration : own_operations_of(kind.name)) {
      if (declaration.name == name) return true;
    }
  }
  return false;
}

void leave_out(const std::string& name, Restriction& restriction) {
  if (is_own_operation(name)) restriction.without_own.push_back(name);
  if (const auto function = function_named(name)) restriction.without.push_back(*function);
}

/// "1..4096", "..4096" or "1..".
[[nodiscard]] bool read_sizes(std::string_view text, Restriction& restriction) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos || text.size() == 2) return false;
  const std::string_view least = text.substr(0, dots);
  const std::string_view most = text.substr(dots + 2);
  const auto smallest = least.empty() ? std::uint64_t{0} : parse_decimal(least);
  const auto largest = most.empty() ? std::numeric_limits<std::uint64_t>::max() : parse_decimal(most);
  if (!smallest || !largest || *smallest > *largest) return false;
  restriction.smallest = *smallest;
  restriction.largest = *largest;
  return true;
}

}  // namespace

void add_restriction_options(CLI::App& command, Restriction& restriction) {
  command
      .add_option_function<std::vector<std::string>>(
          "--without",
          [&restriction](const std::vector<std::string>& names) {
            for (const std::string& name : names) leave_out(name, restriction);
          },
          "a function that programs do without, such as realloc, or an operation of yours; may be "
          "repeated")
      ->allow_extra_args(false)
      ->check(CLI::Validator(
          [](const std::string& name) {
            if (function_named(name) || is_own_operation(name)) return std::string();
            return fmt::format("expected a function such as realloc or aligned_alloc, found {}",
                               in_quotes(name));
          },
          ""))
      ->option_text("FUNCTION");
  command
      .add_option_function<std::string>(
          "--sizes", [&restriction](const std::string& text) { (void)read_sizes(text, restriction); },
          "the sizes in bytes that programs ask for, such as 1..4096, or 4097..")
      ->check(CLI::Validator(
          [](const std::string& text) {
            Restriction ignored;
            if (read_sizes(text, ignored)) return std::string();
            return fmt::format("expected two sizes such as 1..4096, found {}", in_quotes(text));
          },
          ""))
      ->option_text("A..B");
}

std::string to_words(const Restriction& restriction) {
  std::string words;
  for (const OperationKind kind : restriction.without)
    words += fmt::format("{}--without {}", words.empty() ? "" : " ", shell_word(word(kind)));
  for (const std::string& name : restriction.without_own)
    words += fmt::format("{}--without {}", words.empty() ? "" : " ", name);
  const Restriction whole;
  if (restriction.smallest == whole.smallest && restriction.largest == whole.largest) return words;
  words += fmt::format("{}--sizes {}..", words.empty() ? "" : " ", restriction.smallest);
  if (restriction.largest != whole.largest) words += std::to_string(restriction.largest);
  return words;
}

}  // namespace poolhammer::cli
