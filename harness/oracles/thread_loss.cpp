#include "harness/oracles/thread_loss.hpp"

#include <bit>
#include <string>

namespace poolhammer {

std::optional<Complaint> lost_with_threads(const Growth& growth, std::uint64_t threads, bool by_others) {
  // The growth is that of a sixteenth of the threads; the last eight are looked at.
  constexpr std::uint64_t intervals = 16;
  constexpr std::uint64_t looked_at = 8;
  constexpr std::uint64_t least_loss = std::uint64_t{64} << 10U;
  if (threads < least_generations || growth.least < least_loss) return std::nullopt;
  const bool steady = growth.most <= 2 * growth.least;
  const bool of_threads = growth.alone <= looked_at * growth.least / 2;
  if (!steady || !of_threads) return std::nullopt;
  // How much it is to the byte depends on what the process holds besides.
  const std::uint64_t each = std::bit_floor(growth.least * intervals / threads);
  return Complaint{
      std::string(by_others ? loss_by_others_oracle : loss_oracle), "",
      by_others ? "the process to grow no further once caches are full, as threads freed each other's blocks"
                : "the process to grow no further once caches are full, as every thread freed all its blocks",
      "with each thread that ended, " + std::to_string(each) + " bytes or more of memory are lost"};
}

}  // namespace poolhammer
