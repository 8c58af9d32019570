#pragma once

#include <cstdint>

#include "allocator/totals.hpp"

namespace poolhammer {

/// What a heap's totals may begin with, so that a few steps bring each over the end of 8, 16 and 32 bits at
/// once: one that is kept in so many loses count. From 0, that takes blocks of 4 GiB in all. The arenas begin
/// with 0, as other counts follow from theirs.
inline constexpr pymalloc::Totals late_counts = {.blocks = (std::uint64_t{1} << 32U) - 6,
                                                 .pools = (std::uint64_t{1} << 32U) - 2,
                                                 .bytes = (std::uint64_t{1} << 32U) - 100,
                                                 .arenas = 0};

/// The totals of a heap that began with `begin`, as if with 0.
[[nodiscard]] constexpr pymalloc::Totals since(const pymalloc::Totals& begin, const pymalloc::Totals& now) {
  return {.blocks = now.blocks - begin.blocks,
          .pools = now.pools - begin.pools,
          .bytes = now.bytes - begin.bytes,
          .arenas = now.arenas - begin.arenas};
}

/// While it lives, a heap's totals read as if they had begun with 0: for who counts anew what is there.
/// Nobody may change the heap meanwhile.
class CountedFromZero {
 public:
  CountedFromZero(pymalloc::Totals& totals, const pymalloc::Totals& begin) : totals_(totals), kept_(totals) {
    totals_ = since(begin, totals_);
  }
  CountedFromZero(const CountedFromZero&) = delete;
  CountedFromZero& operator=(const CountedFromZero&) = delete;
  ~CountedFromZero() { totals_ = kept_; }

 private:
  pymalloc::Totals& totals_;
  pymalloc::Totals kept_;
};

}  // namespace poolhammer
