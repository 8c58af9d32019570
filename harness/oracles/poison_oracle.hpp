#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/oracles/complaint.hpp"
#include "harness/oracles/exact_model.hpp"

namespace poolhammer {

/// What a heap forbids its clients under AddressSanitizer, byte for byte. The client's side says which bytes
/// were asked for, and the exact model which bytes the heap has: of its arenas, those that were asked for are
/// open, and all others are poisoned (free blocks, the slack of a block, pool headers, what was never
/// carved), as are arenas that were given back. A block of the raw allocator is open as asked for, and closed
/// around.
///
/// Oracles: poison.open (a byte that its owner may touch is poisoned), poison.closed (one that nobody may
/// touch is not). The model must agree with the heap: it is asked first.
class PoisonOracle {
 public:
  /// `model` must outlive this, as must `memory`, which is for its books.
  PoisonOracle(const ExactModel& model, std::pmr::memory_resource& memory) : model_(model), asked_(&memory) {}

  /// A block's owner asked for so many bytes of it: when it was given, or resized where it stands.
  void given(const void* block, std::size_t size);
  /// Its owner was told that so many may be used; those asked for before stay its own.
  void told_usable(const void* block, std::size_t size);

  /// Judges a live block and what stands around it: its pool's header, the blocks on both sides.
  [[nodiscard]] std::optional<Complaint> near(const void* block) const;
  /// Judges that the owner of a live block may touch it still.
  [[nodiscard]] std::optional<Complaint> open(const void* block) const;
  /// A block has no owner any more: judges that nobody may touch it, and what stands around it.
  [[nodiscard]] std::optional<Complaint> taken(const void* block);

  /// Judges every byte of every arena, and every live block of the raw allocator.
  [[nodiscard]] std::optional<Complaint> everything() const;

 private:
  using Found = std::optional<Complaint>;

  /// A block's own place: of one of a pool, from its first byte to before the next block.
  struct Place {
    std::uintptr_t begin;
    std::uintptr_t end;
  };

  [[nodiscard]] Found in_pool(ModelPoolId id, std::uintptr_t block) const;
  [[nodiscard]] Found place(Place place) const;
  [[nodiscard]] Found raw(std::uintptr_t block, std::size_t size) const;
  [[nodiscard]] Found arena(std::uint32_t index) const;
  [[nodiscard]] Found arenas_given_back() const;
  [[nodiscard]] Found raw_blocks() const;

  [[nodiscard]] Found all_open(std::uintptr_t block, std::size_t size) const;
  [[nodiscard]] Found all_closed(std::uintptr_t begin, std::uintptr_t end) const;
  /// What a byte belongs to that nobody may touch.
  [[nodiscard]] std::string owner_of(std::uintptr_t address) const;

  const ExactModel& model_;
  std::pmr::unordered_map<std::uintptr_t, std::size_t> asked_;  ///< live blocks, and the bytes that are open
};

}  // namespace poolhammer
