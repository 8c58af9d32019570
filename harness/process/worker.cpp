#include "harness/process/worker.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "harness/process/environment.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] std::filesystem::path worker_file() {
  if (const char* const chosen = std::getenv("POOLHAMMER_WORKER"); chosen != nullptr) return chosen;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe");
  // The command stands in bin/; a test or fuzz target a folder or two beside it.
  for (std::filesystem::path folder = own.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    for (const char* const place : {"poolhammer-worker", "bin/poolhammer-worker"}) {
      if (access((folder / place).c_str(), X_OK) == 0) return folder / place;
    }
  }
  throw std::runtime_error(fmt::format(
      "{}: no poolhammer-worker beside it or in a bin/ above (or set POOLHAMMER_WORKER)", own.string()));
}

/// What the dynamic loader is to load first: the library, and what catches exceptions. Without the latter,
/// operators new that throw are left out.
[[nodiscard]] std::vector<std::string> preloads(const Library& library, const std::filesystem::path& worker) {
  std::vector<std::string> files;
  if (!library.path.empty()) files.push_back(library.path);
  std::string catching = worker.parent_path() / "../lib/libpoolhammer_catching.so";
  if (can_be_preloaded(catching) && access(catching.c_str(), R_OK) == 0) files.push_back(std::move(catching));
  return files;
}

}  // namespace

ProcessCommand worker_program(const Library& library, const SharedMemory& memory) {
  const std::filesystem::path worker = worker_file();
  return {.words = {worker, std::string(worker_word)},
          .environment = child_environment(Inherited::neutral,
                                           preloading(preloads(library, worker), Inherited::neutral)),
          .passed = {{memory.descriptor(), worker_descriptor}},
          .same_addresses = true};
}

}  // namespace poolhammer
