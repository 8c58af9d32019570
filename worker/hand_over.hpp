#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "harness/subjects/call.hpp"

namespace poolhammer::worker {

/// A block on its way from one thread to another, full of a pattern of its own, and the call that frees it.
struct Parcel {
  FunctionCall call;  ///< without a block: nothing
  std::uint64_t pattern = 0;
};

/// Where threads that run at the same time leave blocks for each other to free.
class HandOver {
 public:
  /// Leaves `parcel`, and takes what lay in that place before.
  [[nodiscard]] Parcel exchange(std::uint64_t place, const Parcel& parcel) {
    const std::size_t box = place % boxes_.size();
    while (taken_[box].test_and_set(std::memory_order_acquire)) {
    }
    const Parcel before = boxes_[box];
    boxes_[box] = parcel;
    taken_[box].clear(std::memory_order_release);
    return before;
  }

  static constexpr std::size_t places = 64;

 private:
  std::array<Parcel, places> boxes_{};
  std::array<std::atomic_flag, places> taken_{};
};

/// Fills a block that is about to be handed over.
void wrap(const Parcel& parcel);

}  // namespace poolhammer::worker
