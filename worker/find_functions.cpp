#include "worker/find_functions.hpp"

#include <dlfcn.h>

#include <cstring>

#include "worker/exports.hpp"

namespace poolhammer::worker {
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

/// Whether functions in that file count.
[[nodiscard]] bool counts(std::string_view path, bool the_c_library) {
  return !of_the_runtime(path) || (the_c_library && base_name(path).starts_with("libc.so"));
}

struct Search {
  const char* symbol;
  bool the_c_library;
  bool found;
};

/// Whether any object that counts exports the symbol.
[[nodiscard]] bool is_exported(const char* symbol, bool the_c_library) {
  Search search{symbol, the_c_library, false};
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t /*size*/, void* argument) {
        auto& wanted = *static_cast<Search*>(argument);
        wanted.found = counts(object->dlpi_name, wanted.the_c_library) && exports(*object, wanted.symbol);
        return wanted.found ? 1 : 0;
      },
      &search);
  return search.found;
}

void put(std::span<char> room, const char* words) {
  if (words != nullptr) std::strncpy(room.data(), words, room.size() - 1);
}

}  // namespace

Found find_functions(const char* module, const Symbols& symbols, std::span<char> words) {
  Found found;
  const bool the_c_library = module[0] == '\0';
  void* const handle = dlopen(the_c_library ? "libc.so.6" : module, RTLD_NOW);
  if (handle == nullptr) {
    const char* const reason = dlerror();
    put(words, reason == nullptr ? "not loaded" : reason);
    return found;
  }
  found.loaded = true;
  const auto catcher = reinterpret_cast<Catcher>(dlsym(RTLD_DEFAULT, "poolhammer_call_throwing"));
  found.table.set_catcher(catcher);
  for (const Function function : all_functions()) {
    const auto index = static_cast<std::size_t>(function);
    if ((facts(function).throws && catcher == nullptr) || symbols[index][0] == '\0') continue;
    if (!is_exported(symbols[index].data(), the_c_library)) continue;
    void* const address = dlsym(handle, symbols[index].data());
    Dl_info place{};
    if (address == nullptr || dladdr(address, &place) == 0 || place.dli_fname == nullptr) continue;
    if (!counts(place.dli_fname, the_c_library)) continue;
    found.present[index] = true;
    if (words[0] == '\0') put(words, place.dli_fname);
    found.table.set(function, reinterpret_cast<FunctionTable::Address>(address));
  }
  return found;
}

}  // namespace poolhammer::worker
