#include "harness/oracles/capacity.hpp"

#include <algorithm>
#include <string>

namespace poolhammer {

void CapacityBook::given(std::size_t bytes, std::size_t alignment) {
  if (bytes == bytes_ && alignment == alignment_) return;
  bytes_ = bytes;
  alignment_ = alignment;
  most_ = 0;
}

std::optional<Complaint> CapacityBook::filled(std::size_t bytes, std::size_t alignment,
                                              std::uint64_t blocks) {
  given(bytes, alignment);
  const std::uint64_t before = most_;
  most_ = std::max(most_, blocks);
  if (blocks == 0 || blocks >= before) return std::nullopt;
  return Complaint{std::string(capacity_oracle), "",
                   "room for " + std::to_string(before) + " such blocks, as before, where none is live",
                   "room for " + std::to_string(blocks)};
}

}  // namespace poolhammer
