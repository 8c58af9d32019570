#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "allocator/debug/block_damage.hpp"
#include "allocator/domains/domain.hpp"
#include "allocator/invariants/violation.hpp"
#include "allocator/journal.hpp"

namespace poolhammer {

/// How the debug layers of a system are made.
struct DebugSettings {
  bool serials = false;
  bool registry = true;
  bool stacks = false;
  std::size_t quarantine = 0;  ///< bytes; 0: none

  /// Whether blocks are known by something else than their own bytes.
  [[nodiscard]] bool knows() const { return registry || stacks || quarantine > 0; }
  [[nodiscard]] std::size_t tail() const { return serials ? 16 : 8; }
};

/// A block as its client knows it, and as it must be marked.
struct DebugBlock {
  std::byte* data = nullptr;
  std::size_t size = 0;
  pymalloc::Domain domain{};
  std::optional<std::size_t> serial{};
};

/// What happened below the layers during a call.
struct BelowCall {
  std::uint64_t refusals = 0;                         ///< of the raw allocator
  std::span<const pymalloc::JournalEntry> journal{};  ///< its calls
  std::size_t held_bytes = 0;                         ///< what the domain's layer says that it holds back
  std::function<bool(const void*, std::size_t)> in_pools{};  ///< whether memory lies in an arena
};

/// Who allocated and who freed, by CallSites; nothing where the layer cannot tell, or had no memory to note.
struct BlockSites {
  std::optional<unsigned> allocated{};
  std::optional<unsigned> freed{};
  bool known = false;
};

/// The debug layers of a system, one for each domain, as docs/debug-layer.md specifies them: every byte of
/// every block, its serial number, what is held back and in which order it leaves, and what a layer must say
/// of a misuse. Written from that page alone: of the layer it takes nothing but the words of its reports.
class DebugModel {
 public:
  using Outcome = std::optional<pymalloc::Violation>;

  static constexpr std::size_t front = 16;  ///< guard bytes before the data

  explicit DebugModel(const DebugSettings& settings = {}) : settings_(settings) {}

  [[nodiscard]] const DebugSettings& settings() const { return settings_; }
  [[nodiscard]] std::size_t total(std::size_t size) const { return front + size + settings_.tail(); }
  /// Sizes over this are never asked of a base.
  [[nodiscard]] std::size_t largest() const {
    return static_cast<std::size_t>(PTRDIFF_MAX) - front - settings_.tail();
  }

  // After each call, what it must have left behind. Each speaks of the first thing that is not so.
  [[nodiscard]] Outcome allocated(DebugBlock block, bool zeroed, unsigned site, const BelowCall& below);
  [[nodiscard]] Outcome resized(const void* old_data, DebugBlock block, unsigned site,
                                const BelowCall& below);
  [[nodiscard]] Outcome freed(const void* data, unsigned site, const BelowCall& below);
  [[nodiscard]] Outcome refused(pymalloc::Domain domain, std::size_t size, const BelowCall& below);
  [[nodiscard]] Outcome flushed(pymalloc::Domain domain, const BelowCall& below);

  /// The live block whose data begins there, or null.
  [[nodiscard]] const DebugBlock* live(const void* data) const;
  /// Freed blocks that are held back, the oldest first.
  [[nodiscard]] const std::deque<DebugBlock>& held(pymalloc::Domain domain) const {
    return layers_.at(index(domain)).held;
  }
  /// Those, and what the layer remembers of others, the newest first.
  [[nodiscard]] std::vector<DebugBlock> freed_blocks(pymalloc::Domain domain) const;

  /// Whether the guards are those of this live block, and what a freed block's bytes must be.
  [[nodiscard]] Outcome guards_hold(const DebugBlock& block) const;
  [[nodiscard]] Outcome held_blocks_hold() const;

  /// What a layer says of a byte that was changed, and of a pointer that it was given back; nothing where it
  /// is a live block of that domain.
  [[nodiscard]] pymalloc::BlockDamage of_changed_byte(pymalloc::DamageKind kind, const DebugBlock& block,
                                                      std::ptrdiff_t offset) const;
  /// And where the size before the data is changed to one that no block can have. Blocks that are known by
  /// their bytes have no size then.
  [[nodiscard]] pymalloc::BlockDamage of_impossible_size(const DebugBlock& block,
                                                         std::ptrdiff_t offset) const;
  [[nodiscard]] std::optional<pymalloc::BlockDamage> of_pointer(pymalloc::Domain layer,
                                                                const void* pointer) const;
  /// Who allocated and freed what the layer's report of that address is about.
  [[nodiscard]] BlockSites sites(pymalloc::Domain layer, std::uintptr_t address) const;

 private:
  struct Layer {
    std::map<std::uintptr_t, DebugBlock> known;  ///< live and held back, by their data
    std::map<std::uintptr_t, bool> is_held;      ///< those that are held back
    std::deque<DebugBlock> held;                 ///< the oldest first
    std::deque<DebugBlock> gone;                 ///< that went back to the base, the newest first
    std::map<std::uintptr_t, BlockSites> sites;
  };

  [[nodiscard]] static std::size_t index(pymalloc::Domain domain) { return static_cast<std::size_t>(domain); }
  [[nodiscard]] std::byte expected_byte(const DebugBlock& block, std::ptrdiff_t offset, bool dead) const;
  [[nodiscard]] Outcome bytes_hold(const DebugBlock& block, std::ptrdiff_t from, std::ptrdiff_t to,
                                   bool dead) const;
  [[nodiscard]] std::size_t bytes_of(const std::deque<DebugBlock>& blocks) const;
  [[nodiscard]] Outcome overlaps_held(const DebugBlock& block) const;
  [[nodiscard]] Outcome looks_new(DebugBlock& block, std::size_t kept);
  [[nodiscard]] Outcome numbered(DebugBlock& block);
  [[nodiscard]] Outcome retire(Layer& layer, const std::optional<DebugBlock>& block, const BelowCall& below,
                               std::optional<std::size_t> asked);
  void leave(Layer& layer, const DebugBlock& block, std::vector<DebugBlock>& left);
  [[nodiscard]] Outcome left_in_order(const std::vector<DebugBlock>& left, const BelowCall& below) const;
  void note_allocation(Layer& layer, const DebugBlock& block, unsigned site, const BelowCall& below);
  static void note_free(Layer& layer, const void* data, unsigned site);
  static void remember_gone(Layer& layer, const DebugBlock& block);

  DebugSettings settings_;
  std::array<Layer, pymalloc::domains> layers_;
  std::size_t last_serial_ = 0;
  std::size_t lost_serials_ = 0;  ///< at most so many requests since then took one and were refused
};

/// What a report must read like, field by field in its own words: docs/debug-layer.md.
[[nodiscard]] std::string report_text(const pymalloc::BlockDamage& damage);

}  // namespace poolhammer
