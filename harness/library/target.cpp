#include "harness/library/target.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "harness/base/format_error.hpp"
#include "harness/library/library.hpp"

namespace poolhammer::library {
namespace {

namespace fs = std::filesystem;

/// CPython's functions are modelled after those of C; the words that their names begin with.
[[nodiscard]] Target cpython(const std::string& name, const std::string& prefix) {
  return {.library = {.name = name, .path = {}},
          .module = "libpython3.11.so.1.0",
          .symbols = {{Function::malloc, prefix + "Malloc"},
                      {Function::calloc, prefix + "Calloc"},
                      {Function::realloc, prefix + "Realloc"},
                      {Function::free, prefix + "Free"}}};
}

[[nodiscard]] Target preloaded(const std::string& name, const std::string& path) {
  return {.library = {.name = name, .path = path}, .module = path, .symbols = {}};
}

[[nodiscard]] Target own_library() {
  const fs::path own = fs::read_symlink("/proc/self/exe").parent_path();
  for (fs::path folder = own; folder.has_relative_path(); folder = folder.parent_path()) {
    if (fs::exists(folder / "lib/libpymalloc.so"))
      return preloaded("pymalloc", (folder / "lib/libpymalloc.so").string());
  }
  throw std::runtime_error(fmt::format("{}: no lib/libpymalloc.so in a folder above", own.string()));
}

}  // namespace

Target target_named(const std::string& name) {
  if (name == "libc") return {.library = {.name = name, .path = {}}, .module = {}, .symbols = {}};
  if (name == "pymalloc") return own_library();
  if (name == "cpython:raw") return cpython(name, "PyMem_Raw");
  if (name == "cpython:mem") return cpython(name, "PyMem_");
  if (name == "cpython:object") return cpython(name, "PyObject_");
  const std::string path = name.starts_with("lib:") ? name.substr(4) : name;
  // Without a slash the loader searches; what has one must be there.
  if (path.find('/') == std::string::npos && path.find(".so") == std::string::npos)
    throw InputError(
        fmt::format("{}: expected libc, pymalloc, cpython:raw, cpython:mem, cpython:object or the file of a "
                    "shared library",
                    name));
  demand_loadable(path, path);
  if (path.find('/') == std::string::npos) return preloaded(name, path);
  std::error_code error;
  const fs::path whole = fs::canonical(path, error);
  if (error) throw InputError(fmt::format("{}: {}", path, error.message()));
  return preloaded(name, whole.string());
}

}  // namespace poolhammer::library
