#pragma once

#include <filesystem>
#include <string_view>

namespace poolhammer {

/// Writes `bytes` to a file, or to standard output ("-"). A file is written beside its place and then
/// renamed: whatever goes wrong, an existing one stays as it was. A pipe or a device is written to. Throws
/// InputError "FILE: ...".
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace poolhammer
