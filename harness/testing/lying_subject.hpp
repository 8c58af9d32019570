#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/subjects/subject.hpp"

namespace poolhammer {

/// The ways in which an allocator may be wrong, each seen by one oracle.
enum class Lie {
  none,
  inside_another,         ///< gives a block inside a live one
  over_the_next,          ///< gives a block that reaches into the live one behind it
  misaligned,             ///< gives a block 8 bytes off the alignment it owes
  outside,                ///< gives a block behind the end of its memory
  across_the_end,         ///< gives a block that begins in its memory and ends behind it
  short_block,            ///< admits that a block is a byte shorter than asked for
  scribble,               ///< writes into a live block that is not the one it was called for
  calloc_dirty,           ///< leaves the last byte of a calloc as it was
  realloc_loses_first,    ///< moves a block without its first byte
  realloc_loses_last,     ///< moves a block without its last byte
  failed_realloc_writes,  ///< refuses a realloc, and writes into the block
  failed_realloc_frees,   ///< refuses a realloc, and frees the block
  refusal,                ///< gives NULL with nothing to blame it on
  grants_the_impossible,  ///< gives 16 bytes for whatever is asked for
  keeps_pool,             ///< has a pool in use when no block is live
  keeps_arena,            ///< has an arena more than its policy allows when no block is live
  keeps_raw_block,        ///< has a raw block when no block is live
  teardown,               ///< does not give everything back
  invariant,              ///< breaks an invariant from the chosen call on
};

/// A simple correct allocator, first fit in one piece of memory, which lies in exactly one way, at exactly
/// one of its calls (counted from 0 over malloc, calloc, realloc and free; the lies about what remains are no
/// call's). It is there to be found out: an oracle that does not accuse it is broken, and so is one that
/// accuses Lie::none.
class LyingSubject : public Subject {
 public:
  static constexpr std::size_t capacity = std::size_t{1} << 20U;
  static constexpr std::size_t alignment = 16;

  explicit LyingSubject(Lie lie = Lie::none, std::uint64_t call = 0, std::string_view name = "lying")
      : name_(name), lie_(lie), lying_call_(call), memory_(std::make_unique<Memory>()) {
    LyingSubject::reset();
  }

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }

  [[nodiscard]] void* malloc(std::size_t size) override {
    begin_call();
    return give(size);
  }

  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    begin_call();
    std::size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) total = std::numeric_limits<std::size_t>::max();
    std::byte* const block = give(total);
    if (block == nullptr || total > capacity) return block;
    std::memset(block, 0, total - (lies(Lie::calloc_dirty) ? 1 : 0));
    return block;
  }

  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    begin_call();
    if (block == nullptr) return give(size);
    auto* const old = static_cast<std::byte*>(block);
    if (lies(Lie::failed_realloc_writes) || lies(Lie::failed_realloc_frees)) {
      *old ^= std::byte{0xFF};
      if (lies(Lie::failed_realloc_frees)) take_back(old);
      return nullptr;
    }
    std::byte* const moved = give(size);
    if (moved == nullptr || size > capacity) return moved;
    const std::size_t kept = std::min(live_.at(offset_of(old)), size);
    std::memmove(moved, old, kept);
    if (lies(Lie::realloc_loses_first)) moved[0] = ~old[0];
    if (lies(Lie::realloc_loses_last)) moved[kept - 1] = ~old[kept - 1];
    take_back(old);
    return moved;
  }

  void free(void* block) override {
    begin_call();
    if (block != nullptr) take_back(static_cast<std::byte*>(block));
  }

  [[nodiscard]] std::size_t owed_alignment(std::size_t /*size*/) const noexcept override { return alignment; }
  [[nodiscard]] bool refusal_justified() const override { return refusal_justified_; }
  [[nodiscard]] std::optional<std::size_t> block_size(const void* block) override {
    const auto found = live_.find(offset_of(block));
    if (found == live_.end()) return std::nullopt;
    return found->second - (lies(Lie::short_block) ? 1 : 0);
  }
  [[nodiscard]] bool holds(const void* block, std::size_t size) const override {
    const std::size_t offset = offset_of(block);
    return offset < capacity && size <= capacity - offset;
  }
  [[nodiscard]] std::string locate(const void* address) const override {
    return "byte " + std::to_string(offset_of(address)) + " of its memory";
  }

  void fail_raw(std::uint64_t requests) override { refusals_ = requests; }

  [[nodiscard]] std::optional<pymalloc::Violation> check() override {
    if (lie_ != Lie::invariant || calls_ <= lying_call_) return std::nullopt;
    pymalloc::Location where;
    where.arena = 0;
    where.pool = 3;
    return pymalloc::Violation{"pool.ref-count", where, "2", "3"};
  }
  [[nodiscard]] std::optional<Remains> remains() override {
    return Remains{.used_pools = lie_ == Lie::keeps_pool ? 2U : 0U,
                   .arenas = lie_ == Lie::keeps_arena ? 3U : 1U,
                   .arenas_allowed = 1,
                   .raw_blocks = live_.size() + (lie_ == Lie::keeps_raw_block ? 4U : 0U)};
  }
  [[nodiscard]] std::optional<std::string> teardown() override {
    if (lie_ == Lie::teardown) return "1 arenas not released";
    return std::nullopt;
  }

  void reset() override {
    live_.clear();
    calls_ = 0;
    refusals_ = 0;
    refusal_justified_ = true;
    // Not zero: what calloc forgets to clear shows.
    std::fill(memory_->bytes.begin(), memory_->bytes.end(), std::byte{0xA5});
  }

  [[nodiscard]] std::uint64_t digest() const override {
    std::uint64_t digest = live_.size();
    for (const auto& [offset, size] : live_) digest = (digest * 31 + offset * 7 + size) % 0xFFFF'FFFBU;
    return digest;
  }

  /// The address of a byte of its memory, or behind it.
  [[nodiscard]] const std::byte* at(std::size_t offset) const { return memory_->bytes.data() + offset; }

 private:
  // What is behind the capacity is there to be lied about.
  struct Memory {
    alignas(64) std::array<std::byte, capacity + 256> bytes;
  };

  void begin_call() {
    is_lying_call_ = calls_++ == lying_call_;
    refusal_justified_ = true;
    if (!lies(Lie::scribble) || live_.empty()) return;
    const auto& [offset, size] = *live_.begin();
    if (size > 0) memory_->bytes[offset + size / 2] ^= std::byte{0xFF};
  }

  [[nodiscard]] bool lies(Lie lie) const { return is_lying_call_ && lie_ == lie; }

  [[nodiscard]] std::byte* give(std::size_t size) {
    if (lies(Lie::refusal)) {
      refusal_justified_ = false;
      return nullptr;
    }
    if (lies(Lie::inside_another)) return &memory_->bytes[live_.begin()->first + alignment];
    if (lies(Lie::over_the_next)) return reserve(0, 1);
    if (lies(Lie::outside)) return &memory_->bytes[capacity];
    if (lies(Lie::across_the_end)) return &memory_->bytes[capacity - alignment];
    if (lies(Lie::grants_the_impossible)) return allocate(alignment);
    if (refusals_ > 0) {
      --refusals_;
      return nullptr;
    }
    if (lies(Lie::misaligned)) return allocate(size + alignment) + alignment / 2;
    return allocate(size);
  }

  /// First fit; null where no gap is large enough.
  [[nodiscard]] std::byte* allocate(std::size_t size) {
    std::size_t gap = 0;
    for (const auto& [offset, taken] : live_) {
      if (size <= offset - gap && offset > gap) return reserve(gap, size);
      gap = offset + rounded(taken);
    }
    return gap < capacity && size <= capacity - gap ? reserve(gap, size) : nullptr;
  }

  [[nodiscard]] std::byte* reserve(std::size_t offset, std::size_t size) {
    live_[offset] = size;
    return &memory_->bytes[offset];
  }

  void take_back(std::byte* block) { live_.erase(offset_of(block)); }

  /// A block of 0 bytes has an address of its own.
  [[nodiscard]] static std::size_t rounded(std::size_t size) {
    return (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  }
  [[nodiscard]] std::size_t offset_of(const void* address) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(address) - memory_->bytes.data());
  }

  std::string_view name_;
  Lie lie_;
  std::uint64_t lying_call_;
  std::uint64_t calls_ = 0;
  std::uint64_t refusals_ = 0;
  bool is_lying_call_ = false;
  bool refusal_justified_ = true;
  std::unique_ptr<Memory> memory_;
  std::map<std::size_t, std::size_t> live_;  ///< size by offset
};

}  // namespace poolhammer
