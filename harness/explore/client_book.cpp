#include "harness/explore/client_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <span>

#include "harness/base/counted.hpp"
#include "harness/oracles/pattern.hpp"

namespace poolhammer {
namespace {

constexpr std::size_t largest_object = std::numeric_limits<std::ptrdiff_t>::max();

[[nodiscard]] std::span<std::byte> bytes_at(std::uintptr_t address, std::size_t size) {
  return {std::bit_cast<std::byte*>(address), size};
}

/// What the owner of a block writes to it.
[[nodiscard]] std::uint64_t pattern_for(const ClientBook::Block& block) {
  return pattern_of(block.address ^ (std::uint64_t{block.size} << 48U));
}

[[nodiscard]] std::optional<ClientBook::Wrong> compare(std::string_view oracle, std::uintptr_t address,
                                                       std::size_t size, std::uint64_t pattern) {
  const std::span<const std::byte> bytes = bytes_at(address, size);
  const auto offset = find_damage(bytes, pattern);
  if (!offset) return std::nullopt;
  return ClientBook::Wrong{
      oracle, address + *offset,
      fmt::format("{:#04x} in byte {} of a block of {}, as its owner wrote it",
                  std::to_integer<unsigned>(pattern_byte(pattern, *offset)), *offset, size),
      fmt::format("{:#04x}", std::to_integer<unsigned>(bytes[*offset]))};
}

}  // namespace

std::uint32_t ClientBook::live() const {
  return static_cast<std::uint32_t>(std::count_if(blocks_.begin(), blocks_.begin() + end_,
                                                  [](const Block& block) { return block.address != 0; }));
}

std::uint32_t ClientBook::lowest_free_slot() const {
  std::uint32_t slot = 0;
  while (slot < end_ && blocks_[slot].address != 0) ++slot;
  return slot;
}

std::optional<ClientBook::Wrong> ClientBook::admit(std::uint32_t slot, std::uintptr_t address,
                                                   std::size_t size, std::size_t alignment) {
  if (size > largest_object) {
    return Wrong{"shadow.refusal", address,
                 fmt::format("NULL for {}, over PTRDIFF_MAX", counted(size, "byte")), "a block"};
  }
  if (address % alignment != 0) {
    return Wrong{"shadow.alignment", address,
                 fmt::format("an address aligned to {}", counted(alignment, "byte")),
                 fmt::format("{:#x}, {} behind one", address, counted(address % alignment, "byte"))};
  }
  if (auto wrong = disjoint(address, size)) return wrong;
  blocks_[slot] = {address, size};
  end_ = std::max(end_, slot + 1);
  return std::nullopt;
}

std::optional<ClientBook::Wrong> ClientBook::disjoint(std::uintptr_t address, std::size_t size) const {
  // A block of 0 bytes has an address of its own all the same.
  const std::uintptr_t end = address + std::max<std::size_t>(size, 1);
  for (std::uint32_t slot = 0; slot < end_; ++slot) {
    const Block& other = blocks_[slot];
    if (other.address == 0) continue;
    if (other.address >= end || other.address + std::max<std::size_t>(other.size, 1) <= address) continue;
    return Wrong{"shadow.disjoint", address, "a block that shares no byte with a live one",
                 fmt::format("{} at {:#x}, over the live block of {} at {:#x}", counted(size, "byte"),
                             address, counted(other.size, "byte"), other.address)};
  }
  return std::nullopt;
}

std::optional<ClientBook::Wrong> ClientBook::zeroed(std::uint32_t slot) const {
  const Block& block = blocks_[slot];
  const std::span<const std::byte> bytes = bytes_at(block.address, block.size);
  const auto offset = find_nonzero(bytes);
  if (!offset) return std::nullopt;
  return Wrong{"shadow.zeroed", block.address + *offset,
               fmt::format("byte {} of the block to be zero", *offset),
               fmt::format("{:#04x}", std::to_integer<unsigned>(bytes[*offset]))};
}

std::optional<ClientBook::Wrong> ClientBook::kept(std::uint32_t slot, const Block& old) const {
  const Block& block = blocks_[slot];
  return compare("shadow.kept", block.address, std::min(block.size, old.size), pattern_for(old));
}

void ClientBook::fill(std::uint32_t slot) const {
  const Block& block = blocks_[slot];
  write_pattern(bytes_at(block.address, block.size), pattern_for(block));
}

void ClientBook::forget(std::uint32_t slot) {
  blocks_[slot] = {};
  while (end_ > 0 && blocks_[end_ - 1].address == 0) --end_;
}

std::optional<ClientBook::Wrong> ClientBook::contents() const {
  for (std::uint32_t slot = 0; slot < end_; ++slot) {
    const Block& block = blocks_[slot];
    if (block.address == 0) continue;
    if (auto wrong = compare("shadow.contents", block.address, block.size, pattern_for(block))) return wrong;
  }
  return std::nullopt;
}

}  // namespace poolhammer
