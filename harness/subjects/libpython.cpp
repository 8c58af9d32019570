#include "harness/subjects/libpython.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

namespace poolhammer {
namespace {

constexpr const char* file = "libpython3.11.so.1.0";
constexpr std::size_t page = 4096;

[[noreturn]] void lacks(const std::string& reason) {
  throw std::runtime_error("cpython: " + reason + " (Debian package: libpython3.11)");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) lacks(std::string(file) + " lacks " + name);
}

struct Search {
  std::uintptr_t inside;  ///< an address of the library sought
  std::span<std::byte> found;
};

/// The writable segment of the library that `inside` lies in, without the part that the linker made read-only
/// once it had filled it in.
int writable_segment(dl_phdr_info* info, std::size_t /*size*/, void* context) {
  Search& search = *static_cast<Search*>(context);
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::uintptr_t relocated = 0;
  bool ours = false;
  for (const ElfW(Phdr) & header : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
    const std::uintptr_t first = info->dlpi_addr + header.p_vaddr;
    const std::uintptr_t last = first + header.p_memsz;
    if (header.p_type == PT_LOAD && search.inside >= first && search.inside < last) ours = true;
    if (header.p_type == PT_LOAD && (header.p_flags & PF_W) != 0) {
      begin = first;
      end = last;
    }
    if (header.p_type == PT_GNU_RELRO) relocated = last & ~(page - 1);
  }
  if (!ours) return 0;
  begin = std::max(begin, relocated);
  search.found = {std::bit_cast<std::byte*>(begin), end - begin};
  return 1;
}

}  // namespace

Libpython::Libpython() {
  // Kept to itself: nothing else in the process is to find Python's names.
  void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) lacks(dlerror());
  const unsigned long* version = nullptr;
  find(library, "Py_Version", version);
  if (*version >> 16U != 0x030B) lacks(std::string(file) + " is not of Python 3.11");
  find(library, "PyObject_Malloc", malloc);
  find(library, "PyObject_Calloc", calloc);
  find(library, "PyObject_Realloc", realloc);
  find(library, "PyObject_Free", free);
  find(library, "PyObject_GetArenaAllocator", get_arena_hooks);
  find(library, "PyObject_SetArenaAllocator", set_arena_hooks);
  find(library, "PyMem_GetAllocator", get_raw_hooks);
  find(library, "PyMem_SetAllocator", set_raw_hooks);
  // An arena request would otherwise look at PYTHONMALLOCSTATS, and print.
  int* ignores_environment = nullptr;
  find(library, "Py_IgnoreEnvironmentFlag", ignores_environment);
  *ignores_environment = 1;
  Search search{reinterpret_cast<std::uintptr_t>(malloc), {}};
  dl_iterate_phdr(&writable_segment, &search);
  if (search.found.empty()) lacks(std::string(file) + " has no writable segment");
  variables_ = search.found;
}

PutBack::PutBack(std::span<std::byte> memory) : memory_(memory), all_(memory.begin(), memory.end()) {}

void PutBack::learn() {
  for (std::size_t begin = 0; begin < memory_.size();) {
    const std::size_t in_page = std::bit_cast<std::uintptr_t>(memory_.data() + begin) % page;
    const std::size_t size = std::min(page - in_page, memory_.size() - begin);
    const std::span<std::byte> place = memory_.subspan(begin, size);
    if (std::memcmp(place.data(), all_.data() + begin, size) != 0) {
      runs_.push_back({place, {all_.data() + begin, all_.data() + begin + size}});
    }
    begin += size;
  }
  all_ = {};
}

void PutBack::put_back() const {
  for (const Run& run : runs_) std::memcpy(run.place.data(), run.saved.data(), run.place.size());
}

}  // namespace poolhammer
