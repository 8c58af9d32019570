#include "harness/library/looks.hpp"

#include <string_view>

namespace poolhammer::library {

std::array<bool, seen_kinds> looks_for(std::span<const std::string> only) {
  std::array<bool, seen_kinds> looks{};
  if (only.empty()) looks.fill(true);
  const auto look = [&](Seen seen) { looks[static_cast<std::size_t>(seen)] = true; };
  for (const std::string_view oracle : only) {
    if (oracle == "shadow.zeroed") look(Seen::nonzero);
    const bool kept = oracle == "shadow.kept" || oracle == "shadow.unchanged-by-failure" ||
                      oracle == "contract.usable.realloc-keeps";
    if (kept) look(Seen::after);
    // What is damaged already is not the call's doing.
    if (kept || oracle == "shadow.contents" || oracle == "contract.usable.writable") look(Seen::before);
    if (oracle == "shadow.contents" || oracle == "contract.usable.writable") look(Seen::check);
  }
  return looks;
}

}  // namespace poolhammer::library
