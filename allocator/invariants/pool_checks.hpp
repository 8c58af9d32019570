#pragma once

#include <bitset>

#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// One pool by itself: its header and its free list. Needs nothing but the pool's memory, so that it serves
/// for any heap whose pools have this header. `where` says of an address of the pool where it is.
template <Layout L, class Where>
class PoolChecks {
 public:
  using Geo = Geometry<L>;
  PoolChecks(const PoolHeader* pool, const Where& where)
      : pool_(pool), where_(where), szidx_(peek(pool->szidx)), nextoffset_(peek(pool->nextoffset)) {}

  /// As check(), but follows no link of the free list: the cost does not depend on the pool's size.
  [[nodiscard]] PYMALLOC_UNCHECKED Check check_header() const {
    if (Check violation = offsets()) return violation;
    const std::byte* const head = peek(pool_->freeblock);
    if (head != nullptr) {
      if (Check violation = boundary(nullptr, head)) return violation;
    }
    const std::uint32_t carved = (nextoffset_ - Geo::overhead) / Geo::block_size(szidx_);
    const std::uint32_t found = peek(pool_->ref_count);
    if (found > carved || (found == carved) != (head == nullptr)) {
      return at(invariant::pool_ref_count,
                head == nullptr ? "ref.count = " + std::to_string(carved) + ", all that is carved"
                                : "ref.count below " + std::to_string(carved) + ", as a block is free",
                std::to_string(found));
    }
    return full_or_ready(head == nullptr ? 0 : 1);
  }

  /// The first invariant of the pool that does not hold.
  [[nodiscard]] PYMALLOC_UNCHECKED Check check() const {
    if (Check violation = offsets()) return violation;
    std::uint32_t length = 0;
    if (Check violation = free_list(length)) return violation;
    if (Check violation = ref_count(length)) return violation;
    return full_or_ready(length);
  }

 private:
  static constexpr std::size_t most_blocks = L::pool_size / L::alignment;

  [[nodiscard]] PYMALLOC_UNCHECKED Check offsets() const {
    if (Check violation = size_class()) return violation;
    if (Check violation = max_next_offset()) return violation;
    return next_offset();
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check size_class() const {
    if (szidx_ < Geo::classes) return std::nullopt;
    return at(invariant::pool_size_class, "szidx below " + std::to_string(Geo::classes),
              std::to_string(szidx_));
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check max_next_offset() const {
    const std::uint32_t expected = Geo::max_next_offset(szidx_);
    const std::uint32_t found = peek(pool_->maxnextoffset);
    if (found == expected) return std::nullopt;
    return at(invariant::pool_max_next_offset, "maxnextoffset = " + std::to_string(expected),
              std::to_string(found));
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check next_offset() const {
    const std::uint32_t size = Geo::block_size(szidx_);
    const std::uint32_t least = Geo::overhead + 2 * size;
    const std::uint32_t most = Geo::overhead + Geo::capacity(szidx_) * size;
    if (nextoffset_ >= least && nextoffset_ <= most && (nextoffset_ - Geo::overhead) % size == 0)
      return std::nullopt;
    return at(invariant::pool_next_offset,
              "nextoffset from " + std::to_string(least) + " to " + std::to_string(most) + " in steps of " +
                  std::to_string(size),
              std::to_string(nextoffset_));
  }

  /// A link to `block` stands in the free block `holder`, or in the header where that is null.
  [[nodiscard]] PYMALLOC_UNCHECKED Check boundary(const std::byte* holder, const std::byte* block) const {
    const std::uint32_t size = Geo::block_size(szidx_);
    const std::uintptr_t base = address_of(pool_);
    const std::uintptr_t offset = address_of(block) - base;
    if (offset < Geo::overhead || offset >= L::pool_size) {
      return link(invariant::free_list_inside_pool, holder,
                  "a link to " + hex(base + Geo::overhead) + ".." + hex(base + L::pool_size - 1), block);
    }
    if ((offset - Geo::overhead) % size != 0) {
      return link(
          invariant::free_list_block_boundary, holder,
          "a link to a multiple of " + std::to_string(size) + " bytes behind " + hex(base + Geo::overhead),
          block);
    }
    if (offset >= nextoffset_) {
      return link(invariant::free_list_carved, holder, "a link below " + hex(base + nextoffset_), block);
    }
    return std::nullopt;
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check free_list(std::uint32_t& length) const {
    const std::uint32_t size = Geo::block_size(szidx_);
    const std::uintptr_t base = address_of(pool_);
    std::bitset<most_blocks> seen;
    const std::byte* previous = nullptr;
    for (const std::byte* block = peek(pool_->freeblock); block != nullptr; block = link_of(block)) {
      if (Check violation = boundary(previous, block)) return violation;
      const std::size_t number = (address_of(block) - base - Geo::overhead) / size;
      if (seen[number]) {
        return link(invariant::free_list_no_block_twice, previous, "a block not yet in the free list", block);
      }
      seen[number] = true;
      ++length;
      previous = block;
    }
    return std::nullopt;
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check ref_count(std::uint32_t length) const {
    const std::uint32_t carved = (nextoffset_ - Geo::overhead) / Geo::block_size(szidx_);
    const std::uint32_t found = peek(pool_->ref_count);
    if (found == carved - length) return std::nullopt;
    return at(invariant::pool_ref_count,
              "ref.count = " + std::to_string(carved - length) + " (" + std::to_string(carved) + " carved, " +
                  std::to_string(length) + " free)",
              std::to_string(found));
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check full_or_ready(std::uint32_t length) const {
    const std::uint32_t capacity = Geo::capacity(szidx_);
    const std::uint32_t count = peek(pool_->ref_count);
    if (length > 0 || count == capacity) return std::nullopt;
    return at(invariant::pool_full_or_ready,
              "a free block in a pool with room for " + std::to_string(capacity),
              "none, with " + std::to_string(count) + " in use");
  }

  [[nodiscard]] Violation at(std::string_view name, std::string expected, std::string found) const {
    return {name, where_(static_cast<const void*>(pool_)), std::move(expected), std::move(found)};
  }

  /// A bad link stands in the free block `holder`, or in the header where that is null.
  [[nodiscard]] Violation link(std::string_view name, const std::byte* holder, std::string expected,
                               const std::byte* found) const {
    const void* const place = holder == nullptr ? static_cast<const void*>(pool_) : holder;
    return {name, where_(place), std::move(expected), hex(address_of(found))};
  }

  const PoolHeader* pool_;
  const Where& where_;
  std::uint32_t szidx_;
  std::uint32_t nextoffset_;
};

}  // namespace pymalloc
