// The program that the tests of the preloaded library start: each mode tells by its exit status whether the
// library kept its promises, and says on stderr which it broke.

#include "preload/testing/client.hpp"

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace poolhammer::preload::testing {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "client: not so: %s\n", what);
  _exit(1);
}

bool all_bytes(const void* block, int value, std::size_t size) {
  const auto* const bytes = static_cast<const unsigned char*>(block);
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] != value) return false;
  }
  return true;
}

namespace {

// Programs that are wrong.

/// Two freed blocks of one pool, in which the second leads to the first.
struct Freed {
  unsigned char* first = static_cast<unsigned char*>(hidden(malloc(200)));
  unsigned char* second = static_cast<unsigned char*>(hidden(malloc(200)));

  Freed() {
    free(hidden(first));
    free(hidden(second));
  }
};

void writes_into_a_freed_block() {
  const Freed freed;
  for (int i = 0; i < 8; ++i) static_cast<volatile unsigned char*>(freed.second)[i] = 0xAB;
  free(hidden(malloc(1000)));
}

void frees_twice() {
  const Freed freed;
  free(hidden(freed.first));
  free(hidden(malloc(1000)));
}

void writes_before_a_pool() {
  auto* const block = static_cast<unsigned char*>(hidden(malloc(200)));
  const std::uintptr_t pool = reinterpret_cast<std::uintptr_t>(block) & ~std::uintptr_t{0x3FFF};
  // Volatile: a compiler may leave out a write that is so wrong.
  auto* const blocks_given = reinterpret_cast<volatile std::uint32_t*>(pool);
  *blocks_given = *blocks_given + 1;
}

struct Mode {
  const char* name;
  void (*run)();
};

constexpr std::array modes = {
    Mode{"serves", serves},
    Mode{"aligns", aligns},
    Mode{"reallocates", reallocates},
    Mode{"refuses", refuses},
    Mode{"news", news},
    Mode{"loads-deep-bound", loads_deep_bound},
    Mode{"keeps-0", [] { keeps(0); }},
    Mode{"keeps-1000", [] { keeps(1000); }},
    Mode{"shares", [] { shares(20000); }},
    Mode{"shares-a-little", [] { shares(1000); }},
    Mode{"forks-among-threads", forks_among_threads},
    Mode{"allocates-in-fork-handlers", allocates_in_fork_handlers},
    Mode{"leaves-a-child", leaves_a_child},
    Mode{"crashes-inside", crashes_inside},
    Mode{"ends-in-a-thread", ends_in_a_thread},
    Mode{"exhausts", exhausts},
    Mode{"insists", insists},
    Mode{"writes-into-a-freed-block", writes_into_a_freed_block},
    Mode{"frees-twice", frees_twice},
    Mode{"writes-before-a-pool", writes_before_a_pool},
    Mode{"closes-stderr", [] { std::fclose(stderr); }},
};

int run(int argc, char** argv) {
  for (const Mode& mode : modes) {
    if (argc != 2 || std::strcmp(argv[1], mode.name) != 0) continue;
    mode.run();
    return 0;
  }
  std::fprintf(stderr, "expected one mode\n");
  return 99;
}

}  // namespace
}  // namespace poolhammer::preload::testing

int main(int argc, char** argv) {
  return poolhammer::preload::testing::run(argc, argv);
}
