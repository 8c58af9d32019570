#include "allocator/api/default_system.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace pymalloc {
namespace {

[[nodiscard]] Choice choice_of_the_environment() {
  const char* const name = std::getenv("PYMALLOC");
  if (name == nullptr) return {};
  if (const std::optional<Choice> choice = choice_named(name)) return *choice;
  std::fprintf(stderr, "pymalloc: PYMALLOC=%s: unknown allocator; there are %s\n", name,
               std::string(choice_names()).c_str());
  std::exit(2);
}

}  // namespace

MemorySystem& default_system() {
  static auto* const system = new MemorySystem(choice_of_the_environment());
  return *system;
}

}  // namespace pymalloc
