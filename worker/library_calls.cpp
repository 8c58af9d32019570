#include "worker/library_calls.hpp"

#include <dlfcn.h>

#include <string_view>

namespace poolhammer::library {
namespace {

[[nodiscard]] std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// Every process has these: what lies in them is no other library's.
[[nodiscard]] bool of_the_runtime(std::string_view path) {
  const std::string_view name = base_name(path);
  for (const std::string_view each : {"libc.so", "libstdc++.so", "ld-linux", "libm.so", "libgcc_s.so"}) {
    if (name.starts_with(each)) return true;
  }
  return false;
}

template <class Function>
void find(void* module, const char* name, bool the_c_library, Function& function) {
  void* const address = dlsym(module, name);
  Dl_info place{};
  if (address == nullptr || dladdr(address, &place) == 0 || place.dli_fname == nullptr) return;
  if (of_the_runtime(place.dli_fname) &&
      !(the_c_library && base_name(place.dli_fname).starts_with("libc.so")))
    return;
  function = reinterpret_cast<Function>(address);
}

}  // namespace

Found find_calls(const std::string& module) {
  Found found;
  const bool the_c_library = module.empty();
  void* const handle = dlopen(the_c_library ? "libc.so.6" : module.c_str(), RTLD_NOW);
  if (handle == nullptr) {
    const char* const reason = dlerror();
    found.reason = reason == nullptr ? "not loaded" : reason;
    return found;
  }
  found.loaded = true;
  find(handle, "malloc", the_c_library, found.calls.malloc);
  find(handle, "calloc", the_c_library, found.calls.calloc);
  find(handle, "realloc", the_c_library, found.calls.realloc);
  find(handle, "free", the_c_library, found.calls.free);
  find(handle, "malloc_usable_size", the_c_library, found.calls.usable_size);
  return found;
}

}  // namespace poolhammer::library
