#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace poolhammer {

/// FNV-1a: tells different inputs apart, no more. It names the file of a finding. Async-signal-safe.
[[nodiscard]] constexpr std::uint64_t fingerprint(std::span<const std::byte> bytes) noexcept {
  std::uint64_t value = 0xCBF2'9CE4'8422'2325U;
  for (const std::byte byte : bytes) {
    // Wrapping is meant, where an unsigned-overflow sanitizer would object to *.
    static_cast<void>(
        __builtin_mul_overflow(value ^ std::to_integer<std::uint64_t>(byte), 0x0000'0100'0000'01B3U, &value));
  }
  return value;
}

}  // namespace poolhammer
