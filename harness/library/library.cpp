#include "harness/library/library.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness/base/format_error.hpp"

namespace poolhammer::library {
namespace {

namespace fs = std::filesystem;

void demand_library(const fs::path& file, std::string_view subject) {
  if (fs::is_directory(file))
    throw InputError(fmt::format("{}: expected a library, found a folder", subject));
  std::array<char, 4> magic{};
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw InputError(fmt::format("{}: cannot be opened: {}", subject, std::strerror(errno)));
  stream.read(magic.data(), magic.size());
  if (magic != std::array<char, 4>{'\x7f', 'E', 'L', 'F'})
    throw InputError(fmt::format("{}: not a library: it does not begin as an ELF file does", subject));
}

}  // namespace

void demand_loadable(std::string_view path, std::string_view subject) {
  if (path.find_first_of(" :\t\n") == std::string_view::npos) return;
  throw InputError(fmt::format(
      "{}: the loader preloads no file with a blank or a colon in its path: make a link to it (ln -s) that "
      "has none",
      subject));
}

Library library_named(std::string_view subject) {
  const std::string name(subject.substr(prefix.size()));
  if (name.empty())
    throw InputError(
        fmt::format("{}: expected a path, or a name such as libjemalloc.so.2, after lib:", subject));
  if (name == "libc.so.6") return {.name = std::string(subject), .path = ""};
  std::string path = name;
  // A name without a slash is the loader's to find, as on a linker's command line.
  if (name.find('/') != std::string::npos) {
    std::error_code error;
    const fs::path file = fs::canonical(name, error);
    if (error) throw InputError(fmt::format("{}: {}", subject, error.message()));
    demand_library(file, subject);
    path = file.string();
  }
  demand_loadable(path, subject);
  return {.name = std::string(subject), .path = path};
}

}  // namespace poolhammer::library
