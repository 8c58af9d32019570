// Containers of the standard library on a domain, in a program that knows the installed headers alone.
#include <cstdio>
#include <string>
#include <vector>

#include "allocator/api/default_system.hpp"
#include "allocator/api/memory_resource.hpp"

int main() {
  pymalloc::DomainResource resource(pymalloc::default_system(), pymalloc::Domain::object);
  std::pmr::vector<std::pmr::string> words(&resource);
  for (int i = 0; i < 100; ++i) words.emplace_back("a word that is too long for the string itself");
  const auto in_use = pymalloc::default_system().statistics().bytes.in_use;
  std::printf("%zu bytes of pools in use\n", static_cast<std::size_t>(in_use));
  return pymalloc::default_system().check() == std::nullopt && in_use >= 100 * 48 ? 0 : 1;
}
