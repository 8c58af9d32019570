#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/debug/testing/plain_base.hpp"

namespace pymalloc {

/// Keeps what a layer reports.
struct Reports {
  std::vector<BlockDamage> seen;

  /// This object must outlive the layer that it is given to.
  [[nodiscard]] DamageHandler handler() {
    return {[](void* context, const BlockDamage& damage) {
              static_cast<Reports*>(context)->seen.push_back(damage);
            },
            this};
  }
  [[nodiscard]] std::string text() const {
    std::string all;
    for (const BlockDamage& damage : seen) all += to_string(damage);
    return all;
  }
};

/// A debug layer over a base of its own, whose reports are kept.
struct Debugged {
  PlainBase base;
  SerialCounter counter{};
  Reports kept{};
  DebugLayer layer;

  Debugged(Domain domain, DebugOptions options, FreedMemory freed = FreedMemory::left_as_it_is)
      : base(freed), layer(functions_of(base), domain, counter, with(options, kept)) {}

  [[nodiscard]] std::byte* take(std::size_t size) { return static_cast<std::byte*>(layer.malloc(size)); }

  /// A client's bytes: each tells its place, and none looks like the layer's.
  [[nodiscard]] static std::byte client_byte(std::size_t index) {
    return static_cast<std::byte>(1 + index % 100);
  }
  static std::byte* written(std::byte* block, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) block[i] = client_byte(i);
    return block;
  }
  [[nodiscard]] static bool still_written(const std::byte* block, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      if (block[i] != client_byte(i)) return false;
    }
    return true;
  }

  /// All that was reported; empty where nothing was.
  [[nodiscard]] std::string reports() const { return kept.text(); }

  /// The one report since the last call; one of a kind that never fits where there is none or more.
  [[nodiscard]] BlockDamage only() {
    const std::vector<BlockDamage> seen = std::move(kept.seen);
    kept.seen.clear();
    return seen.size() == 1 ? seen.front() : BlockDamage{.kind = no_such_kind};
  }
  static constexpr auto no_such_kind = static_cast<DamageKind>(damage_kinds);

 private:
  [[nodiscard]] static DebugOptions with(DebugOptions options, Reports& kept) {
    options.handler = kept.handler();
    return options;
  }
};

[[nodiscard]] inline std::string hex_of(const std::byte* bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned>(bytes[i]);
    text += {digits[value >> 4U], digits[value & 0xFU]};
  }
  return text;
}

[[nodiscard]] inline bool all_are(const std::byte* bytes, std::size_t count, std::byte value) {
  return std::all_of(bytes, bytes + count, [value](std::byte byte) { return byte == value; });
}

}  // namespace pymalloc
