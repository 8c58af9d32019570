#include "harness/oracles/shadow_heap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "harness/base/address.hpp"
#include "harness/base/counted.hpp"
#include "harness/oracles/pattern.hpp"

namespace poolhammer {
namespace {

constexpr std::size_t largest_object = std::numeric_limits<std::ptrdiff_t>::max();

}  // namespace

Complaint ShadowHeap::complain(std::string_view oracle, const void* address, std::string expected,
                               std::string found) const {
  return {std::string(oracle), subject_.locate(address), std::move(expected), std::move(found)};
}

std::optional<Complaint> ShadowHeap::allocated(ShadowBlock& block, void* address, std::size_t size,
                                               bool zeroed) {
  if (auto complaint = admitted(block, address, size)) return complaint;
  return filled(block, zeroed);
}

std::optional<Complaint> ShadowHeap::admitted(ShadowBlock& block, void* address, std::size_t size,
                                              std::size_t alignment, std::optional<std::size_t> by_size) {
  if (address != nullptr)
    return admit(block, address, size, alignment, by_size.value_or(subject_.owed_alignment(size)));
  if (!options_.judge || !wanted("shadow.refusal") || subject_.refusal_justified()) return std::nullopt;
  return Complaint{"shadow.refusal", "", fmt::format("a block of {}", counted(size, "byte")),
                   "NULL, and nothing was refused below"};
}

std::optional<Complaint> ShadowHeap::filled(ShadowBlock& block, bool zeroed) {
  if (block.address == nullptr) return std::nullopt;
  if (auto complaint = large_enough(block)) return complaint;
  if (!options_.contents) return std::nullopt;
  const std::span bytes(block.address, block.size);
  if (zeroed && options_.judge && wanted("shadow.zeroed")) {
    if (const auto wrong = nonzero(bytes)) {
      return complain("shadow.zeroed", block.address + wrong->offset,
                      fmt::format("byte {} of the block to be zero", wrong->offset),
                      fmt::format("{:#04x}", std::to_integer<unsigned>(wrong->found)));
    }
  }
  write(bytes, block.pattern);
  return std::nullopt;
}

void ShadowHeap::refill(const ShadowBlock& block) {
  if (block.address != nullptr && options_.contents) write({block.address, block.size}, block.pattern);
}

std::optional<WrongByte> ShadowHeap::nonzero(std::span<const std::byte> bytes) const {
  if (remote_ != nullptr) return remote_->nonzero(bytes.data());
  const auto offset = find_nonzero(bytes);
  return offset ? std::optional(WrongByte{*offset, bytes[*offset]}) : std::nullopt;
}

std::optional<WrongByte> ShadowHeap::damage(std::span<const std::byte> bytes, std::uint64_t pattern) const {
  if (remote_ != nullptr) return remote_->damage(bytes.data());
  const auto offset = find_damage(bytes, pattern);
  return offset ? std::optional(WrongByte{*offset, bytes[*offset]}) : std::nullopt;
}

void ShadowHeap::write(std::span<std::byte> bytes, std::uint64_t pattern) const {
  if (remote_ == nullptr) write_pattern(bytes, pattern);
}

std::optional<Complaint> ShadowHeap::intact(const ShadowBlock& block) const {
  if (block.address == nullptr) return std::nullopt;
  return verify("shadow.contents", block.address, block.size, block.pattern);
}

void ShadowHeap::prepare_resize(const ShadowBlock& block, std::size_t size) const {
  if (block.address == nullptr || !options_.contents || size >= block.size || block.size <= wholly_touched)
    return;
  write({block.address, size}, block.pattern);
}

std::optional<Complaint> ShadowHeap::reallocated(ShadowBlock& block, void* address, std::size_t size) {
  const ShadowBlock old = block;
  if (auto complaint = moved(block, address, size)) return complaint;
  return address == nullptr ? std::nullopt : kept(block, old);
}

std::optional<Complaint> ShadowHeap::moved(ShadowBlock& block, void* address, std::size_t size,
                                           std::size_t alignment, std::optional<std::size_t> by_size) {
  if (address == nullptr) {
    if (auto complaint = still_whole(block)) return complaint;
    return admitted(block, nullptr, size);
  }
  forget(block);
  return admit(block, address, size, alignment, by_size.value_or(subject_.owed_alignment(size)));
}

std::optional<Complaint> ShadowHeap::kept(ShadowBlock& block, const ShadowBlock& old) {
  if (auto complaint = large_enough(block)) return complaint;
  if (!options_.contents) return std::nullopt;
  const std::size_t kept = std::min(old.size, block.size);
  if (auto complaint = verify("shadow.kept", block.address, kept, old.pattern)) return complaint;
  write({block.address, block.size}, block.pattern);
  return std::nullopt;
}

std::optional<Complaint> ShadowHeap::freed(ShadowBlock& block) {
  if (auto complaint = intact(block)) return complaint;
  forget(block);
  block = {};
  return std::nullopt;
}

std::optional<Complaint> ShadowHeap::all_freed() {
  if (auto complaint = verify_all()) return complaint;
  State none;
  none.blocks_ever = blocks_ever_;
  go_back(std::move(none));
  return std::nullopt;
}

std::optional<Complaint> ShadowHeap::verify_all() const {
  // Of several damaged blocks the one with the lowest address is told, whatever order they are kept in.
  std::optional<Complaint> first;
  const std::byte* where = nullptr;
  for (const ShadowBlock& block : live_) {
    if (block.address == nullptr || (where != nullptr && block.address > where)) continue;
    if (auto complaint = verify("shadow.contents", block.address, block.size, block.pattern)) {
      first = std::move(complaint);
      where = block.address;
    }
  }
  return first;
}

/// What holds of every block that a subject gives out, before a byte of it is touched.
std::optional<Complaint> ShadowHeap::admit(ShadowBlock& block, void* address, std::size_t size,
                                           std::size_t alignment, std::size_t by_size) {
  if (options_.judge) {
    // A block without bytes holds no object that could need the alignment.
    const std::size_t owed = std::max(by_size, size == 0 ? 1 : alignment);
    if (auto complaint = acceptable(address, size, owed)) return complaint;
  }
  block = {{static_cast<std::byte*>(address), size, alignment}, pattern_of(blocks_ever_++)};
  ++live_blocks_;
  live_bytes_ += size;
  touched_bytes_ += touched_bytes(size);
  if (size >= reserved_from_) reserved_bytes_ += size;
  if (!options_.judge) return std::nullopt;
  if (free_entries_.empty()) {
    block.entry = static_cast<std::uint32_t>(live_.size());
    live_.push_back(block);
  } else {
    block.entry = free_entries_.back();
    free_entries_.pop_back();
    live_[block.entry] = block;
  }
  occupied_.add(address_of(address), size);
  return std::nullopt;
}

std::optional<Complaint> ShadowHeap::acceptable(void* address, std::size_t size,
                                                std::size_t owed_alignment) const {
  if (size > largest_object && wanted("shadow.refusal")) {
    return complain("shadow.refusal", address,
                    fmt::format("NULL for {}, over PTRDIFF_MAX", counted(size, "byte")), "a block");
  }
  if (size >= address_space && wanted("shadow.refusal")) {
    return complain("shadow.refusal", address,
                    fmt::format("NULL for {}, more than the addresses of a process", counted(size, "byte")),
                    "a block");
  }
  if (address_of(address) % owed_alignment != 0 && wanted("shadow.alignment")) {
    return complain(
        "shadow.alignment", address, fmt::format("an address aligned to {}", counted(owed_alignment, "byte")),
        fmt::format("{}, {} behind one", address, counted(address_of(address) % owed_alignment, "byte")));
  }
  if (auto complaint = disjoint(address, size)) return complaint;
  if (wanted("shadow.owned-memory") && !subject_.holds(address, std::max<std::size_t>(size, 1))) {
    return complain("shadow.owned-memory", address,
                    fmt::format("{} inside the subject's memory", counted(size, "byte")),
                    fmt::format("{}, outside of it or across its end", address));
  }
  return std::nullopt;
}

/// A subject works a block's size out from what stands in memory: to be asked once that is known to be sound.
std::optional<Complaint> ShadowHeap::large_enough(ShadowBlock& block) const {
  if (!options_.judge) return std::nullopt;
  block.usable = subject_.block_size(block.address);
  const auto& usable = block.usable;
  if (!usable || *usable >= block.size || !wanted("shadow.usable-size")) return std::nullopt;
  return complain("shadow.usable-size", block.address,
                  fmt::format("a block of at least {}", counted(block.size, "byte")),
                  fmt::format("one of {}", *usable));
}

std::optional<Complaint> ShadowHeap::disjoint(const void* address, std::size_t size) const {
  const std::uintptr_t begin = address_of(address);
  if (!wanted("shadow.disjoint") || !occupied_.overlaps(begin, size)) return std::nullopt;
  // A block of 0 bytes has an address of its own all the same.
  const std::uintptr_t end = begin + std::max<std::size_t>(size, 1);
  const ShadowBlock* other = nullptr;
  for (const ShadowBlock& block : live_) {
    if (block.address == nullptr || address_of(block.address) >= end) continue;
    if (address_of(block.address) + std::max<std::size_t>(block.size, 1) <= begin) continue;
    if (other == nullptr || block.address < other->address) other = &block;
  }
  if (other == nullptr) return std::nullopt;
  return complain("shadow.disjoint", address, "a block that shares no byte with a live one",
                  fmt::format("{} at {}, over the live block of {} at {:#x}", counted(size, "byte"), address,
                              counted(other->size, "byte"), address_of(other->address)));
}

std::optional<Complaint> ShadowHeap::verify(std::string_view oracle, const std::byte* address,
                                            std::size_t size, std::uint64_t pattern) const {
  if (!options_.contents || !options_.judge) return std::nullopt;
  const auto wrong = damage({address, size}, pattern);
  if (!wrong) return std::nullopt;
  // Bytes behind those asked for were usable, and written because the allocator said so.
  if (wrong->offset >= size)
    oracle = oracle == "shadow.kept" ? "contract.usable.realloc-keeps" : "contract.usable.writable";
  if (!wanted(oracle)) return std::nullopt;
  return complain(
      oracle, address + wrong->offset,
      fmt::format("{:#04x} in byte {} of a block of {}, as its owner wrote it",
                  std::to_integer<unsigned>(pattern_byte(pattern, wrong->offset)), wrong->offset, size),
      fmt::format("{:#04x}", std::to_integer<unsigned>(wrong->found)));
}

std::optional<Complaint> ShadowHeap::still_whole(const ShadowBlock& block) const {
  if (block.address == nullptr) return std::nullopt;
  return verify("shadow.unchanged-by-failure", block.address, block.size, block.pattern);
}

void ShadowHeap::go_back(State state) {
  const auto each = [](const std::vector<ShadowBlock>& blocks, auto&& visit) {
    for (const ShadowBlock& block : blocks) {
      if (block.address != nullptr) visit(block);
    }
  };
  each(live_, [this](const ShadowBlock& block) { occupied_.remove(address_of(block.address), block.size); });
  live_ = std::move(state.live);
  free_entries_ = std::move(state.free_entries);
  blocks_ever_ = state.blocks_ever;
  live_blocks_ = state.live_blocks;
  live_bytes_ = state.live_bytes;
  touched_bytes_ = state.touched_bytes;
  reserved_bytes_ = state.reserved_bytes;
  each(live_, [this](const ShadowBlock& block) { occupied_.add(address_of(block.address), block.size); });
}

void ShadowHeap::forget(const ShadowBlock& block) {
  if (block.address == nullptr) return;
  --live_blocks_;
  live_bytes_ -= block.size;
  touched_bytes_ -= touched_bytes(block.size);
  if (block.size >= reserved_from_) reserved_bytes_ -= block.size;
  if (!options_.judge) return;
  live_[block.entry].address = nullptr;
  free_entries_.push_back(block.entry);
  occupied_.remove(address_of(block.address), block.size);
}

}  // namespace poolhammer
