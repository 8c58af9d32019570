#include "worker/hand_over.hpp"

#include <fmt/format.h>

#include "harness/oracles/pattern.hpp"

namespace poolhammer::library {
namespace {

[[nodiscard]] std::span<std::byte> bytes_of(const Parcel& parcel) {
  return {static_cast<std::byte*>(parcel.block), parcel.size};
}

}  // namespace

void wrap(const Parcel& parcel) {
  write_pattern(bytes_of(parcel), parcel.pattern);
}

std::optional<std::string> damage_of(const Parcel& parcel) {
  const std::span<const std::byte> bytes = bytes_of(parcel);
  const auto offset = find_damage(bytes, parcel.pattern);
  if (!offset) return std::nullopt;
  return fmt::format("{:#04x} instead of {:#04x} in byte {} of a block of {} at {}",
                     std::to_integer<unsigned>(bytes[*offset]),
                     std::to_integer<unsigned>(pattern_byte(parcel.pattern, *offset)), *offset, parcel.size,
                     parcel.block);
}

}  // namespace poolhammer::library
