#pragma once

#include <rapidcheck.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace poolhammer {

/// The seed where the user gives none: every run of the suite tries the same values.
inline constexpr std::uint64_t default_seed = 1;

/// What RC_PARAMS says, with the default seed where it names none.
struct Parameters {
  rc::detail::Configuration configuration;
  bool cases_given = false;  ///< max_success was given: it overrules what a property asks for
  std::string text;          ///< what RC_PARAMS has to hold to get all this again
};

/// Words in RC_PARAMS that mean nothing. what() is one line.
class ParametersError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads RC_PARAMS: blanks between pairs key=value. RapidCheck itself takes any key without a word, and reads
/// "seed=12abc" as 12; here each of that is a ParametersError.
[[nodiscard]] Parameters read_parameters(std::string_view rc_params);

}  // namespace poolhammer
