#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "harness/oracles/shadow_heap.hpp"

namespace poolhammer {

/// The blocks that the slots of a trace hold. Low slots, which most traces use alone, are an array; a trace
/// with one operation on slot sixteen million costs one entry.
class SlotTable {
 public:
  [[nodiscard]] ShadowBlock& operator[](std::uint32_t slot) {
    if (slot < dense_.size()) return dense_[slot];
    if (slot < dense_limit) {
      dense_.resize(slot + 1);
      return dense_[slot];
    }
    return sparse_[slot];
  }

  /// Calls visit(block) for every slot ever used, in ascending order.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (ShadowBlock& block : dense_) visit(block);
    for (auto& [slot, block] : sparse_) visit(block);
  }

 private:
  static constexpr std::uint32_t dense_limit = 1U << 16U;

  std::vector<ShadowBlock> dense_;
  std::map<std::uint32_t, ShadowBlock> sparse_;
};

}  // namespace poolhammer
