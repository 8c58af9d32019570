#include "harness/report/finding_json.hpp"

#include <nlohmann/json.hpp>

namespace poolhammer {

nlohmann::ordered_json to_json(const Finding& finding) {
  return {{"oracle", finding.oracle},       {"operation_index", finding.operation_index},
          {"operation", finding.operation}, {"block", finding.block},
          {"where", finding.where},         {"expected", finding.expected},
          {"found", finding.found}};
}

}  // namespace poolhammer
