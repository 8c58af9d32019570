#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "harness/oracles/complaint.hpp"

namespace poolhammer {

/// The oracle's id, which is that of a clause, too.
inline constexpr std::string_view capacity_oracle = "contract.capacity.kept";

/// How many blocks alike an allocator had room for when it held nothing else. When it is empty again, as many
/// fit again, where blocks of other sizes did not come between: an allocator may cut its memory to pieces for
/// those and never join them. One that has room for none then takes nothing back by design (an arena that is
/// reset as a whole): of such a one nothing is said.
class CapacityBook {
 public:
  /// What fitted need not fit again, as something else came between.
  void forget() { most_ = 0; }
  /// A block of so many bytes was given.
  void given(std::size_t bytes, std::size_t alignment);
  /// An empty allocator gave so many such blocks before it refused one.
  [[nodiscard]] std::optional<Complaint> filled(std::size_t bytes, std::size_t alignment,
                                                std::uint64_t blocks);

 private:
  std::size_t bytes_ = 0;
  std::size_t alignment_ = 0;
  std::uint64_t most_ = 0;  ///< that fitted; 0: unknown
};

}  // namespace poolhammer
