#pragma once

#include <cstdint>
#include <string_view>

namespace poolhammer::worker {

/// The number behind `key`, such as "VmRSS:", in a file of /proc that counts in KiB, in bytes; 0 where the
/// system does not tell. Allocates nothing.
[[nodiscard]] std::uint64_t bytes_in_file(const char* path, std::string_view key);

}  // namespace poolhammer::worker
