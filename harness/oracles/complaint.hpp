#pragma once

#include <string>

namespace poolhammer {

/// What an oracle says of one step; a runner makes it a Finding.
struct Complaint {
  std::string oracle;  ///< such as "shadow.contents"
  std::string where;   ///< the place in the heap; empty where there is none
  std::string expected;
  std::string found;
};

}  // namespace poolhammer
