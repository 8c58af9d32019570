#include "harness/subjects/libpython.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace poolhammer {
namespace {

constexpr const char* file = "libpython3.11.so.1.0";

[[noreturn]] void lacks(const std::string& reason) {
  throw std::runtime_error("cpython: " + reason + " (Debian package: libpython3.11)");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) lacks(std::string(file) + " lacks " + name);
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
  const std::vector<Variables> variables = variables_around(reinterpret_cast<const void*>(malloc));
  if (variables.empty()) lacks(std::string(file) + " has no writable segment");
  variables_ = variables.back();
}

}  // namespace poolhammer
