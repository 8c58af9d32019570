#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/report/finding.hpp"

namespace poolhammer {

/// An object with the members of Finding, by their names.
[[nodiscard]] nlohmann::ordered_json to_json(const Finding& finding);

}  // namespace poolhammer
