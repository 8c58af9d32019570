// The words of a debug layer's report, written once more from docs/debug-layer.md.
#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "harness/subjects/debug_model.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;

constexpr std::array<std::string_view, damage_kinds> kind_words = {
    "overflow",        "underflow",        "double free", "use after free",
    "foreign pointer", "interior pointer", "wrong domain"};
constexpr std::array<std::string_view, 4> noticed_words = {
    "free", "realloc", "a check of all blocks", "the release of a block held back"};
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

}  // namespace

std::string report_text(const BlockDamage& damage) {
  std::string text = fmt::format("{}: {}; noticed by {}\n{}", kind_words.at(static_cast<std::size_t>(damage.kind)),
                                 what_is_wrong(damage),
                                 noticed_words.at(static_cast<std::size_t>(damage.noticed_by)),
                                 bytes_around(damage));
  if (!damage.allocated_by.empty()) text += "  allocated by:\n" + damage.allocated_by;
  if (!damage.freed_by.empty()) text += "  freed by:\n" + damage.freed_by;
  return text;
}

}  // namespace poolhammer
