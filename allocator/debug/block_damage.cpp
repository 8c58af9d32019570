#include "allocator/debug/block_damage.hpp"

#include <cstdio>
#include <cstdlib>

#include "allocator/poison.hpp"

namespace pymalloc {
namespace {

std::string two_digits(std::byte value) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto number = static_cast<unsigned>(value);
  return {digits[number >> 4U], digits[number & 0xFU]};
}

std::string signed_text(std::ptrdiff_t offset) {
  return (offset < 0 ? "" : "+") + std::to_string(offset);
}

/// "20-byte object block at 0x1230, serial 7".
std::string block_text(const BlockDamage& damage) {
  std::string text;
  if (damage.size) text += std::to_string(*damage.size) + "-byte ";
  if (damage.owner) text += std::string(to_string(*damage.owner)) + " ";
  text += "block at " + hex(damage.address);
  if (damage.serial) text += ", serial " + std::to_string(*damage.serial);
  return text;
}

std::string changed_byte_text(const BlockDamage& damage) {
  const std::optional<std::byte> found = damage.surroundings.bytes.at(Surroundings::reach);
  std::string text = "byte " + signed_text(damage.offset) + " of the " + (damage.freed ? "freed " : "") +
                     block_text(damage) + " holds " + (found ? two_digits(*found) : "what cannot be read");
  if (damage.expected) text += " instead of " + two_digits(*damage.expected);
  return text;
}

std::string what_happened(const BlockDamage& damage) {
  switch (damage.kind) {
    case DamageKind::overflow:
    case DamageKind::underflow:
    case DamageKind::use_after_free:
      return changed_byte_text(damage);
    case DamageKind::double_free:
      return "the " + block_text(damage) + " was freed before";
    case DamageKind::foreign_pointer:
      return hex(damage.address) + " is no block of the " + std::string(to_string(damage.layer)) + " domain";
    case DamageKind::interior_pointer:
      return "the pointer leads to byte " + signed_text(damage.offset) + " of the " +
             (damage.freed ? "freed " : "") + block_text(damage);
    case DamageKind::wrong_domain:
      return "the " + block_text(damage) + " was given to the " + std::string(to_string(damage.layer)) +
             " domain";
  }
  return "unknown";
}

void print_and_abort(void* /*context*/, const BlockDamage& damage) {
  std::fputs(to_string(damage).c_str(), stderr);
  std::abort();
}

}  // namespace

std::string_view to_string(DamageKind kind) {
  switch (kind) {
    case DamageKind::overflow:
      return "overflow";
    case DamageKind::underflow:
      return "underflow";
    case DamageKind::double_free:
      return "double free";
    case DamageKind::use_after_free:
      return "use after free";
    case DamageKind::foreign_pointer:
      return "foreign pointer";
    case DamageKind::interior_pointer:
      return "interior pointer";
    case DamageKind::wrong_domain:
      return "wrong domain";
  }
  return "unknown";
}

std::string_view to_string(NoticedBy noticed_by) {
  switch (noticed_by) {
    case NoticedBy::free:
      return "free";
    case NoticedBy::realloc:
      return "realloc";
    case NoticedBy::check:
      return "a check of all blocks";
    case NoticedBy::release:
      return "the release of a block held back";
  }
  return "unknown";
}

Surroundings Surroundings::around(std::uintptr_t address, std::ptrdiff_t offset, const Readable& readable) {
  Surroundings result;
  result.first = offset - reach;
  for (std::size_t i = 0; i < result.bytes.size(); ++i) {
    const std::uintptr_t place =
        address + static_cast<std::uintptr_t>(result.first) + static_cast<std::uintptr_t>(i);
    if (readable(place, 1)) result.bytes.at(i) = peek(*std::bit_cast<const std::byte*>(place));
  }
  return result;
}

std::string headline(const BlockDamage& damage) {
  return std::string(to_string(damage.kind)) + ": " + what_happened(damage) + "; noticed by " +
         std::string(to_string(damage.noticed_by));
}

std::string to_string(const BlockDamage& damage) {
  constexpr std::ptrdiff_t row = 8;
  constexpr std::size_t offset_width = 8;
  std::string text = headline(damage) + "\n  bytes around, by their offset from " + hex(damage.address) + ":";
  const Surroundings& near = damage.surroundings;
  for (std::size_t i = 0; i < near.bytes.size(); ++i) {
    const std::ptrdiff_t offset = near.first + static_cast<std::ptrdiff_t>(i);
    if (i == 0 || offset % row == 0) {
      const std::string name = signed_text(offset);
      text += "\n" + std::string(offset_width - std::min(offset_width, name.size()), ' ') + name + ":";
    }
    const std::string value = near.bytes.at(i) ? two_digits(*near.bytes.at(i)) : "--";
    text += offset == damage.offset ? " [" + value + "]" : "  " + value + " ";
  }
  text += "\n";
  if (!damage.allocated_by.empty()) text += "  allocated by:\n" + damage.allocated_by;
  if (!damage.freed_by.empty()) text += "  freed by:\n" + damage.freed_by;
  return text;
}

DamageHandler abort_on_damage() {
  return {&print_and_abort, nullptr};
}

}  // namespace pymalloc
