#pragma once

#include <string>
#include <string_view>

namespace poolhammer {

/// What an oracle's id begins with that is a clause of the contract.
inline constexpr std::string_view contract_prefix = "contract.";

/// What an oracle says of one step; a runner makes it a Finding.
struct Complaint {
  std::string oracle;  ///< such as "shadow.contents"
  std::string where;   ///< the place in the heap; empty where there is none
  std::string expected;
  std::string found;
};

}  // namespace poolhammer
