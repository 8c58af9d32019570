#include "properties/support/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/scan.hpp"

namespace poolhammer {
namespace {

enum class ValueKind : std::uint8_t { number64, count, flag, text };

struct Key {
  std::string_view name;
  ValueKind kind;
};

constexpr std::uint64_t largest_count = 10'000'000;

// All keys that RapidCheck knows.
constexpr std::array<Key, 8> keys = {{{"seed", ValueKind::number64},
                                      {"max_success", ValueKind::count},
                                      {"max_size", ValueKind::count},
                                      {"max_discard_ratio", ValueKind::count},
                                      {"noshrink", ValueKind::flag},
                                      {"verbose_progress", ValueKind::flag},
                                      {"verbose_shrinking", ValueKind::flag},
                                      {"reproduce", ValueKind::text}}};

[[nodiscard]] const Key& key_named(std::string_view name) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name; });
  if (found != keys.end()) return *found;
  std::array<std::string_view, keys.size()> names;
  std::transform(keys.begin(), keys.end(), names.begin(), [](const Key& key) { return key.name; });
  throw ParametersError(
      fmt::format("expected a key ({}), found {}", fmt::join(names, ", "), in_quotes(name)));
}

void check_value(const Key& key, std::string_view value) {
  const auto expect = [&](bool good, std::string_view what) {
    if (!good)
      throw ParametersError(fmt::format("expected {} for '{}', found {}", what, key.name, in_quotes(value)));
  };
  const auto number = parse_decimal(value);
  switch (key.kind) {
    case ValueKind::number64:
      return expect(number.has_value(), "a number below 2^64");
    case ValueKind::count:
      return expect(number && *number <= largest_count, fmt::format("a number of at most {}", largest_count));
    case ValueKind::flag:
      return expect(value == "0" || value == "1", "0 or 1");
    case ValueKind::text:
      return expect(!value.empty(), "a value");
  }
}

}  // namespace

Parameters read_parameters(std::string_view rc_params) {
  Parameters parameters;
  bool seed_given = false;
  for (std::string_view pair = take_field(rc_params); !pair.empty(); pair = take_field(rc_params)) {
    const std::size_t equals = pair.find('=');
    const Key& key = key_named(pair.substr(0, equals));
    check_value(key, equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    seed_given = seed_given || key.name == "seed";
    parameters.cases_given = parameters.cases_given || key.name == "max_success";
    parameters.text += fmt::format("{}{}", parameters.text.empty() ? "" : " ", pair);
  }
  if (!seed_given) {
    parameters.text =
        fmt::format("seed={}{}{}", default_seed, parameters.text.empty() ? "" : " ", parameters.text);
  }
  try {
    parameters.configuration = rc::detail::configFromString(parameters.text);
  } catch (const rc::detail::ConfigurationException& e) {
    throw ParametersError(e.what());
  }
  return parameters;
}

}  // namespace poolhammer
