#include "harness/base/descriptor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/base/format_error.hpp"
#include "harness/base/scan.hpp"

namespace poolhammer {

std::string shown(const std::filesystem::path& path) {
  std::string name = path.string();
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  return plain ? name : in_quotes(name);
}

void fail_at_file(std::string_view name, std::string_view what) {
  throw InputError(fmt::format("{}: {}", name, what));
}

void fail_at_file(std::string_view name, std::string_view what, int error) {
  fail_at_file(name, fmt::format("{}: {}", what, std::generic_category().message(error)));
}

}  // namespace poolhammer
