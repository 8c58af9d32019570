#include "harness/oracles/capacity.hpp"

#include <algorithm>
#include <string>

#include "harness/base/counted.hpp"

namespace poolhammer {

void CapacityBook::given(std::size_t bytes, std::size_t alignment) {
  if (bytes == bytes_ && alignment == alignment_) return;
  bytes_ = bytes;
  alignment_ = alignment;
  most_ = 0;
}

void CapacityBook::note(std::size_t bytes, std::size_t alignment, std::uint64_t blocks) {
  constexpr unsigned pieces = 3;
  if (bytes < fills_.bytes && !fills_.restored) {
    ++fills_.smaller;
    return;
  }
  if (bytes != fills_.bytes || alignment != fills_.alignment) {
    fills_ = {.bytes = bytes, .alignment = alignment, .first = blocks, .last = blocks};
    return;
  }
  if (fills_.smaller >= pieces && blocks == fills_.first) fills_.restored = true;
  fills_.declines = blocks < fills_.last ? fills_.declines + 1 : 0;
  fills_.last = blocks;
}

std::optional<Complaint> CapacityBook::filled(std::size_t bytes, std::size_t alignment,
                                              std::uint64_t blocks) {
  constexpr unsigned again_and_again = 3;
  given(bytes, alignment);
  const std::uint64_t before = most_;
  most_ = std::max(most_, blocks);
  if (blocks == 0) return std::nullopt;
  const auto complaint = [blocks](std::uint64_t room, const std::string& when) {
    return Complaint{std::string(capacity_oracle), "",
                     "room for " + std::to_string(room) + " such blocks, as " + when + ", where none is live",
                     "room for " + std::to_string(blocks)};
  };
  if (blocks < before) return complaint(before, "before");
  note(bytes, alignment, blocks);
  if (!fills_.restored || fills_.declines < again_and_again) return std::nullopt;
  return complaint(fills_.first, "at first, and not less each time");
}

std::optional<Complaint> CoalescedRoom::filled(const Kind& kind, std::uint64_t blocks, bool refused) {
  std::uint64_t& most = most_[kind];
  if (!refused || blocks >= most) {
    most = std::max(most, blocks);
    return std::nullopt;
  }
  return Complaint{std::string(largest_oracle), "",
                   "room for " + counted(most, "such block") + ", as before: it coalesces, and none is live",
                   "room for " + std::to_string(blocks)};
}

}  // namespace poolhammer
