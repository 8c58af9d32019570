#include "harness/run/run_options.hpp"

#include <array>
#include <utility>

namespace poolhammer {
namespace {

constexpr std::array<std::pair<std::string_view, bool Oracles::*>, 6> names = {
    {{"shadow", &Oracles::shadow},
     {"invariants", &Oracles::invariants},
     {"local", &Oracles::local},
     {"model", &Oracles::model},
     {"poison", &Oracles::poison},
     {"contract", &Oracles::contract}}};

constexpr Oracles no_oracles = {
    .shadow = false, .invariants = false, .local = false, .model = false, .poison = false, .contract = false};

}  // namespace

std::optional<Oracles> oracles_named(std::string_view words) {
  if (words == "all") return Oracles{};
  Oracles chosen = no_oracles;
  if (words == "none") return chosen;
  while (true) {
    const std::string_view word = words.substr(0, words.find(','));
    bool known = false;
    for (const auto& [name, member] : names) {
      if (name != word) continue;
      chosen.*member = true;
      known = true;
    }
    if (!known) return std::nullopt;
    if (word.size() == words.size()) return chosen;
    words.remove_prefix(word.size() + 1);
  }
}

std::string to_string(const Oracles& oracles) {
  if (oracles == Oracles{}) return "all";
  std::string text;
  for (const auto& [name, member] : names) {
    if (oracles.*member) text += (text.empty() ? "" : ",") + std::string(name);
  }
  return text.empty() ? "none" : text;
}

}  // namespace poolhammer
