// What a debug layer must say of a misuse, in fields and in words: docs/debug-layer.md once more.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <string>
#include <string_view>

#include "harness/subjects/debug_model.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;

constexpr std::array<std::string_view, damage_kinds> kind_words = {
    "overflow",        "underflow",        "double free", "use after free",
    "foreign pointer", "interior pointer", "wrong domain"};
constexpr std::array<std::string_view, 4> noticed_words = {"free", "realloc", "a check of all blocks",
                                                           "the release of a block held back"};
constexpr std::array<std::string_view, domains> domain_names = {"raw", "mem", "object"};

[[nodiscard]] std::string_view name_of(Domain domain) {
  return domain_names.at(static_cast<std::size_t>(domain));
}

[[nodiscard]] std::string block_words(const BlockDamage& damage) {
  return fmt::format("{}{}block at 0x{:x}{}", damage.size ? fmt::format("{}-byte ", *damage.size) : "",
                     damage.owner ? fmt::format("{} ", name_of(*damage.owner)) : "", damage.address,
                     damage.serial ? fmt::format(", serial {}", *damage.serial) : "");
}

[[nodiscard]] std::string what_is_wrong(const BlockDamage& damage) {
  const std::string block = block_words(damage);
  const std::string_view freed = damage.freed ? "freed " : "";
  const std::string_view layer = name_of(damage.layer);
  switch (damage.kind) {
    case DamageKind::double_free:
      return fmt::format("the {} was freed before", block);
    case DamageKind::foreign_pointer:
      return fmt::format("0x{:x} is no block of the {} domain", damage.address, layer);
    case DamageKind::interior_pointer:
      return fmt::format("the pointer leads to byte {:+d} of the {}{}", damage.offset, freed, block);
    case DamageKind::wrong_domain:
      return fmt::format("the {} was given to the {} domain", block, layer);
    default:
      break;
  }
  const auto found = damage.surroundings.bytes.at(Surroundings::reach);
  const std::string value =
      found ? fmt::format("{:02x}", static_cast<unsigned>(*found)) : "what cannot be read";
  const std::string due =
      damage.expected ? fmt::format(" instead of {:02x}", static_cast<unsigned>(*damage.expected)) : "";
  return fmt::format("byte {:+d} of the {}{} holds {}{}", damage.offset, freed, block, value, due);
}

[[nodiscard]] std::string bytes_around(const BlockDamage& damage) {
  std::string text = fmt::format("  bytes around, by their offset from 0x{:x}:", damage.address);
  std::ptrdiff_t offset = damage.surroundings.first;
  for (const auto& byte : damage.surroundings.bytes) {
    if (offset == damage.surroundings.first || offset % 8 == 0) text += fmt::format("\n{:>+8d}:", offset);
    const std::string value = byte ? fmt::format("{:02x}", static_cast<unsigned>(*byte)) : "--";
    text += offset == damage.offset ? fmt::format(" [{}]", value) : fmt::format("  {} ", value);
    ++offset;
  }
  return text + "\n";
}

[[nodiscard]] std::uintptr_t number_of(const void* pointer) {
  return std::bit_cast<std::uintptr_t>(pointer);
}

}  // namespace

std::vector<DebugBlock> DebugModel::freed_blocks(Domain domain) const {
  const Layer& layer = layers_.at(index(domain));
  std::vector<DebugBlock> result(layer.held.rbegin(), layer.held.rend());
  if (!settings_.knows()) return result;
  for (const DebugBlock& block : layer.gone) result.push_back(block);
  return result;
}

BlockDamage DebugModel::of_changed_byte(DamageKind kind, const DebugBlock& block,
                                        std::ptrdiff_t offset) const {
  const bool dead = kind == DamageKind::use_after_free;
  const bool of_data = offset >= 0 && offset < static_cast<std::ptrdiff_t>(block.size);
  return {.kind = kind,
          .layer = block.domain,
          .owner = block.domain,
          .address = number_of(block.data),
          .offset = offset,
          .size = block.size,
          .serial = block.serial,
          .freed = dead,
          .expected = of_data ? std::byte{0xDD} : expected_byte(block, offset, dead)};
}

BlockDamage DebugModel::of_impossible_size(const DebugBlock& block, std::ptrdiff_t offset) const {
  if (settings_.knows()) return of_changed_byte(DamageKind::underflow, block, offset);
  constexpr std::ptrdiff_t last_of_size = -9;
  return {.kind = DamageKind::underflow,
          .layer = block.domain,
          .owner = block.domain,
          .address = number_of(block.data),
          .offset = last_of_size};
}

std::optional<BlockDamage> DebugModel::of_pointer(Domain domain, const void* pointer) const {
  const Layer& layer = layers_.at(index(domain));
  const std::uintptr_t address = number_of(pointer);
  BlockDamage damage{.kind = DamageKind::foreign_pointer, .layer = domain, .address = address};
  const auto of_block = [&](DamageKind kind, const DebugBlock& block, bool freed) {
    damage.kind = kind;
    damage.owner = block.domain;
    damage.address = number_of(block.data);
    damage.offset = static_cast<std::ptrdiff_t>(address - damage.address);
    damage.size = block.size;
    damage.serial = block.serial;
    damage.freed = freed;
    return damage;
  };
  const auto exact = layer.known.find(address);
  if (exact != layer.known.end()) {
    if (!layer.is_held.contains(address)) return std::nullopt;
    return of_block(DamageKind::double_free, exact->second, true);
  }
  if (settings_.knows()) {
    const auto after = layer.known.upper_bound(address + front);
    if (after != layer.known.begin()) {
      const auto& [data, block] = *std::prev(after);
      if (address - (data - front) < total(block.size))
        return of_block(DamageKind::interior_pointer, block, layer.is_held.contains(data));
    }
  }
  std::optional<Domain> freed_elsewhere;  // and held back, so that its header tells it
  for (const Layer& other : layers_) {
    const auto found = other.known.find(address);
    if (&other == &layer || found == other.known.end()) continue;
    if (other.is_held.contains(address)) {
      freed_elsewhere = found->second.domain;
      continue;
    }
    of_block(DamageKind::wrong_domain, found->second, false);
    damage.serial.reset();
    return damage;
  }
  const auto gone = std::ranges::find(layer.gone, pointer,
                                      [](const DebugBlock& block) -> const void* { return block.data; });
  if (settings_.knows() && gone != layer.gone.end()) return of_block(DamageKind::double_free, *gone, true);
  if (settings_.knows() && freed_elsewhere) {
    damage.kind = DamageKind::double_free;
    damage.owner = freed_elsewhere;
    damage.freed = true;
  }
  return damage;
}

BlockSites DebugModel::sites(Domain layer, std::uintptr_t address) const {
  const auto& sites = layers_.at(index(layer)).sites;
  const auto found = sites.find(address);
  if (found == sites.end()) return {{}, {}, settings_.stacks};
  return found->second;
}

std::string report_text(const BlockDamage& damage) {
  std::string text =
      fmt::format("{}: {}; noticed by {}\n{}", kind_words.at(static_cast<std::size_t>(damage.kind)),
                  what_is_wrong(damage), noticed_words.at(static_cast<std::size_t>(damage.noticed_by)),
                  bytes_around(damage));
  if (!damage.allocated_by.empty()) text += "  allocated by:\n" + damage.allocated_by;
  if (!damage.freed_by.empty()) text += "  freed by:\n" + damage.freed_by;
  return text;
}

}  // namespace poolhammer
