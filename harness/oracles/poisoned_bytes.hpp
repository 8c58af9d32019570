#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace poolhammer {

/// Whether this build can say what clients may touch: it is built with AddressSanitizer. Without it the
/// functions below find nothing.
[[nodiscard]] bool poison_is_visible();

/// The first address of [begin, begin + size) that a client may not touch.
[[nodiscard]] std::optional<std::uintptr_t> first_poisoned(std::uintptr_t begin, std::size_t size);

/// The first address of [begin, begin + size) that a client may touch. It reads one byte of
/// AddressSanitizer's shadow for 8 of memory: a mebibyte costs a few microseconds.
[[nodiscard]] std::optional<std::uintptr_t> first_open(std::uintptr_t begin, std::size_t size);

}  // namespace poolhammer
