#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace poolhammer {

/// What an oracle's id begins with that is a clause of the contract.
inline constexpr std::string_view contract_prefix = "contract.";

/// Which oracles speak in a run.
struct ChosenOracles {
  std::span<const std::string> only = {};  ///< their ids; empty: all
  std::span<const std::string> accepted =
      {};  ///< ids of clauses that are known to be broken: these are silent

  [[nodiscard]] bool wants(std::string_view oracle) const {
    if (oracle.starts_with(contract_prefix)) return wants_clause(oracle.substr(contract_prefix.size()));
    return only.empty() || std::ranges::find(only, oracle) != only.end();
  }
  /// The same of a clause of the contract, by its own id.
  [[nodiscard]] bool wants_clause(std::string_view id) const {
    if (std::ranges::find(accepted, id) != accepted.end()) return false;
    return only.empty() || std::ranges::any_of(only, [id](std::string_view oracle) {
             return oracle.starts_with(contract_prefix) && oracle.substr(contract_prefix.size()) == id;
           });
  }
};

/// What an oracle says of one step; a runner makes it a Finding.
struct Complaint {
  std::string oracle;  ///< such as "shadow.contents"
  std::string where;   ///< the place in the heap; empty where there is none
  std::string expected;
  std::string found;
};

}  // namespace poolhammer
