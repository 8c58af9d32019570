// What the tests of the recorder record: each mode makes a number of calls that a test knows, told apart from
// those of the C and C++ libraries by their sizes.

#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

char* self = nullptr;

/// Hides from the compiler what a call returned. Each thread has a place of its own: in a shared one it could
/// pick up, and free, another's block.
void* use(void* block) {
  static thread_local void* volatile sink;
  sink = block;
  return sink;
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

/// Each function of the family once; sizes 1001 to 1010, then a refused request and a realloc that frees.
int calls() {
  std::array<void*, 9> blocks{};
  blocks[0] = use(malloc(1001));
  blocks[1] = use(calloc(3, 1002));
  blocks[0] = use(realloc(blocks[0], 1003));
  blocks[2] = use(reallocarray(nullptr, 2, 502));
  blocks[3] = use(aligned_alloc(64, 1005));
  if (posix_memalign(&blocks[4], 128, 1006) != 0) return 1;
  blocks[5] = use(memalign(32, 1007));
  blocks[6] = use(valloc(1008));
  blocks[7] = use(pvalloc(1009));
  blocks[8] = use(::operator new(1010));
  // The reallocation that overflows changes nothing, and says so.
  const volatile std::size_t too_many =
      SIZE_MAX;  // volatile: compilers warn of such a call where they see it
  if (use(reallocarray(blocks[0], too_many, 2)) != nullptr || errno != ENOMEM) return 2;
  if (reinterpret_cast<std::uintptr_t>(blocks[3]) % 64 != 0 ||
      reinterpret_cast<std::uintptr_t>(blocks[7]) % static_cast<std::size_t>(getpagesize()) != 0) {
    return 3;
  }
  if (malloc_usable_size(blocks[0]) < 1003) return 4;
  ::operator delete(blocks[8]);
  for (std::size_t i = 1; i < 8; ++i) free(blocks[i]);
  free(nullptr);
  if (use(realloc(blocks[0], 0)) != nullptr) return 5;
  return 0;
}

/// Four threads that pass blocks to each other: 4 * 20000 times malloc(2001), each block freed by another
/// thread, every other one after a realloc(9002). One arena, sizes that no thread keeps for itself, and
/// reallocs that move: an address that one thread gives up, another gets at once.
int threads() {
  mallopt(M_ARENA_MAX, 1);
  std::array<std::atomic<void*>, 8> shelf{};
  const auto give_up = [](void* block, bool move) {
    free(move && block != nullptr ? use(realloc(block, 9002)) : block);
  };
  const auto work = [&](unsigned seed) {
    for (unsigned i = 0; i < 20000; ++i) {
      give_up(shelf[(seed + i * 7) % shelf.size()].exchange(use(malloc(2001))), i % 2 == 0);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < 4; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
  for (auto& place : shelf) give_up(place.load(), false);
  return 0;
}

int child_of_fork(void* parents, void* parents_second) {
  free(parents);
  free(use(realloc(parents_second, 3003)));
  for (int i = 0; i < 5; ++i) free(use(malloc(3002)));
  return 7;
}

/// The child frees one block of its parent's, reallocates another, and allocates five of its own.
int forks() {
  void* first = use(malloc(3001));
  void* second = use(malloc(3001));
  const pid_t child = fork();
  if (child == 0) _exit(child_of_fork(first, second));
  const int status = wait_for(child);
  free(first);
  free(second);
  return WEXITSTATUS(status);
}

/// The same by the system call, which runs no handler of the C library.
int raw_forks() {
  void* first = use(malloc(3001));
  void* second = use(malloc(3001));
  const auto child = static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (child == 0) _exit(child_of_fork(first, second));
  const int status = wait_for(child);
  free(first);
  free(second);
  return WEXITSTATUS(status);
}

/// A process of several threads that forks: each child allocates, as many programs do although they should
/// not.
int forks_among_threads() {
  std::atomic<bool> done{false};
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (!done) free(use(malloc(6001)));
    });
  }
  int ended_well = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (int k = 0; k < 10; ++k) free(use(malloc(6002)));
      _exit(0);
    }
    if (wait_for(child) == 0) ++ended_well;
  }
  done = true;
  for (std::thread& worker : workers) worker.join();
  return ended_well == 20 ? 0 : 1;
}

int executes() {
  use(malloc(4001));
  execl(self, self, "calls", nullptr);
  return 1;
}

int spawns() {
  use(malloc(4002));
  char mode[] = "calls";
  char* arguments[] = {self, mode, nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, self, nullptr, nullptr, arguments, environ) != 0) return 1;
  free(use(malloc(4003)));
  return wait_for(child) == 0 ? 0 : 2;
}

/// Far more than one window of the log, and then the end that no handler sees.
int killed() {
  for (int i = 0; i < 20000; ++i) use(malloc(5001));
  raise(SIGKILL);
  return 1;
}

int closes_descriptors() {
  for (int file = 3; file < 1024; ++file) close(file);
  for (int i = 0; i < 10000; ++i) free(use(malloc(5002)));
  return 0;
}

/// More than a log has room for that may not grow.
int fills() {
  for (int i = 0; i < 10000; ++i) free(use(malloc(5003)));
  return 3;
}

struct Mode {
  const char* name;
  int (*run)();
};

constexpr Mode modes[] = {
    {"calls", calls},   {"threads", threads},
    {"fork", forks},    {"raw-fork", raw_forks},
    {"exec", executes}, {"spawn", spawns},
    {"kill", killed},   {"fork-threads", forks_among_threads},
    {"fill", fills},    {"close", closes_descriptors},
};

}  // namespace

int main(int argc, char** argv) {
  self = argv[0];
  for (const Mode& mode : modes) {
    if (argc == 2 && std::strcmp(argv[1], mode.name) == 0) return mode.run();
  }
  std::fprintf(stderr, "expected one mode\n");
  return 99;
}
