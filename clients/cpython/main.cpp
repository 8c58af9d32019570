// python3.11 with the home allocator in the domains Mem and Object.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <variant>

#include "clients/cpython/checked_heap.hpp"
#include "clients/cpython/settings.hpp"

namespace {

using poolhammer::cpython::CheckedHeap;
using poolhammer::cpython::Settings;

/// What the end of the process needs. Never destroyed: the interpreter keeps blocks to the end.
struct Host {
  Settings settings;
  CheckedHeap heap;
  pid_t process;
};
Host* host = nullptr;

[[nodiscard]] CheckedHeap& heap_of(void* context) {
  return *static_cast<CheckedHeap*>(context);
}

[[nodiscard]] PyMemAllocatorEx functions_of(CheckedHeap& heap) {
  return {
      &heap, [](void* context, std::size_t size) { return heap_of(context).malloc(size); },
      [](void* context, std::size_t count, std::size_t size) { return heap_of(context).calloc(count, size); },
      [](void* context, void* block, std::size_t size) { return heap_of(context).realloc(block, size); },
      [](void* context, void* block) { heap_of(context).free(block); }};
}

/// One write, so that the lines of processes that share the file do not mix.
void append(const std::string& path, const std::string& line) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0 || write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    dprintf(STDERR_FILENO, "poolhammer-python: %s: %s\n", path.c_str(), std::strerror(errno));
  if (file >= 0) close(file);
}

void append_json(const std::string& json) {
  if (!host->settings.totals_file.empty()) append(host->settings.totals_file, json + "\n");
}

/// A test may throw the standard error of its children away, and forgive them their end: so the file, too.
[[noreturn]] void die_of(const std::string& line) {
  dprintf(STDERR_FILENO, "poolhammer-python: process %d, %s\n", static_cast<int>(getpid()), line.c_str());
  append_json("{\"violation\": \"" + line + "\"}");
  std::abort();
}

/// Python leaves main() by exit() as often as it returns there.
void at_exit() {
  host->heap.check_now("at the end");
  // A forked child would count its parent's operations once more.
  if (getpid() != host->process) return;
  if (host->settings.print_totals)
    dprintf(STDERR_FILENO, "poolhammer-python: %s\n", host->heap.totals_text().c_str());
  append_json(host->heap.totals_json());
}

/// The domains Mem and Object are free to choose once Python is preinitialized, before a block of them
/// exists (C API, "Customize Memory Allocators" and "Preinitialize Python with PyPreConfig"). Preinitializing
/// with an allocator named keeps PYTHONMALLOC and -X dev from naming another, and leaves the domain Raw to
/// the C library.
void install(CheckedHeap& heap, int argc, char** argv) {
  PyPreConfig config;
  PyPreConfig_InitPythonConfig(&config);
  config.allocator = PYMEM_ALLOCATOR_MALLOC;
  const PyStatus status = Py_PreInitializeFromBytesArgs(&config, argc, argv);
  if (PyStatus_Exception(status)) Py_ExitStatusException(status);
  PyMemAllocatorEx functions = functions_of(heap);
  PyMem_SetAllocator(PYMEM_DOMAIN_MEM, &functions);
  PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &functions);
}

}  // namespace

int main(int argc, char** argv) {
  auto settings = poolhammer::cpython::settings_from_environment();
  if (const auto* const complaint = std::get_if<std::string>(&settings)) {
    dprintf(STDERR_FILENO, "poolhammer-python: %s\n", complaint->c_str());
    return 2;
  }
  const Settings& chosen = std::get<Settings>(settings);
  host = new Host{chosen, CheckedHeap(chosen.check_every, &die_of), getpid()};
  std::atexit(&at_exit);
  install(host->heap, argc, argv);
  // Sees that Python is preinitialized already, and goes on from there.
  return Py_BytesMain(argc, argv);
}
