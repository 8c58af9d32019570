#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "properties/support/property.hpp"

namespace poolhammer {

/// What a search for a counterexample came to.
struct Report {
  bool held = false;
  std::string message;             ///< where it did not hold: RapidCheck's account of it
  std::string errors;              ///< what the counterexample printed on standard error as it died
  std::optional<Program> program;  ///< of the counterexample

  /// As one string, to hand it from a child to its parent.
  [[nodiscard]] std::string packed() const;
  [[nodiscard]] static Report unpacked(std::string_view text);
};

/// How one value is put to the test.
using Judge = std::function<Outcome(const Case&)>;

/// Lets RapidCheck look for a counterexample and shrink it. `id` is the property's name in RC_PARAMS'
/// reproduce. RapidCheck knows no limit to its shrinking: after `shrink_limit` the smallest counterexample so
/// far is the result.
[[nodiscard]] Report search(const rc::Gen<Case>& cases, const Judge& judge, const std::string& id,
                            const rc::detail::Configuration& configuration,
                            std::chrono::seconds shrink_limit);

}  // namespace poolhammer
