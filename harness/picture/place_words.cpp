#include "harness/picture/place_words.hpp"

#include <cctype>
#include <optional>

#include "harness/base/scan.hpp"

namespace poolhammer {
namespace {

/// The number behind `word` and a blank; nothing where there is none.
[[nodiscard]] std::optional<std::uint64_t> number_behind(std::string_view words, std::string_view word) {
  for (std::size_t at = words.find(word); at != std::string_view::npos; at = words.find(word, at + 1)) {
    if (at != 0 && std::isalpha(static_cast<unsigned char>(words[at - 1])) != 0) continue;
    std::string_view rest = words.substr(at + word.size());
    if (rest.empty() || rest.front() != ' ') continue;
    rest.remove_prefix(1);
    rest = rest.substr(0, rest.find_first_of(", :;"));
    if (const auto number = parse_number(rest)) return number;
  }
  return std::nullopt;
}

[[nodiscard]] std::optional<std::uint32_t> index_behind(std::string_view words, std::string_view word) {
  const auto number = number_behind(words, word);
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

}  // namespace

pymalloc::Location location_in(std::string_view words) {
  return {.arena = index_behind(words, "arena"),
          .pool = index_behind(words, "pool"),
          .block = index_behind(words, "block"),
          .size_class = index_behind(words, "class"),
          .address = number_behind(words, "at").value_or(0)};
}

}  // namespace poolhammer
