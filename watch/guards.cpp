#include "watch/guards.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace poolhammer::watch {
namespace {

constexpr unsigned char guard = 0xFB;

}  // namespace

void Guards::place(void* block, std::size_t size) {
  std::memset(static_cast<std::byte*>(block) + size, guard, width);
  sizes_[block] = size;
}

std::optional<pymalloc::Violation> Guards::check(const void* block) const {
  const auto found = sizes_.find(block);
  if (found == sizes_.end()) return std::nullopt;
  return check(block, found->second);
}

std::vector<pymalloc::Violation> Guards::check_all() const {
  std::vector<pymalloc::Violation> violations;
  for (const auto& [block, size] : sizes_) {
    if (auto violation = check(block, size)) violations.push_back(std::move(*violation));
  }
  return violations;
}

std::optional<pymalloc::Violation> Guards::check(const void* block, std::size_t size) const {
  const auto* const behind = static_cast<const unsigned char*>(block) + size;
  const auto* const written =
      std::find_if(behind, behind + width, [](unsigned char byte) { return byte != guard; });
  if (written == behind + width) return std::nullopt;
  return pymalloc::Violation{"block.guard", where_(block),
                             pymalloc::hex(guard) + " in the " + std::to_string(width) +
                                 " bytes behind the " + std::to_string(size) + " of the block",
                             pymalloc::hex(*written) + " at offset " +
                                 std::to_string(size + static_cast<std::size_t>(written - behind))};
}

}  // namespace poolhammer::watch
