#pragma once

#include <cstddef>
#include <cstdint>

namespace poolhammer {

/// A trace in a file has at most this many operations. In memory an operation takes 40 bytes, in the binary
/// form 32.
inline constexpr std::size_t max_operations = std::size_t{1} << 28U;

/// A file that holds a trace is at most this long, in bytes.
inline constexpr std::uint64_t max_file_bytes = std::uint64_t{8} << 30U;

}  // namespace poolhammer
