#pragma once

#include <cstdint>

namespace poolhammer {

/// An address as a number, to be compared with those of other blocks: pointers into different blocks have no
/// order of their own ([expr.rel]p4).
[[nodiscard]] inline std::uintptr_t address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

}  // namespace poolhammer
