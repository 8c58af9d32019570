#include <malloc.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "preload/testing/client.hpp"

namespace poolhammer::preload::testing {
void keeps(long blocks) {
  for (long i = 0; i < blocks; ++i) require(hidden(malloc(24)) != nullptr, "malloc");
}

namespace {

/// Says in each of its bytes but the first two whose it is; the first two say how large it is.
unsigned char* marked_block(std::size_t size, unsigned char mark) {
  auto* const block = static_cast<unsigned char*>(hidden(malloc(size)));
  require(block != nullptr, "malloc among threads");
  std::memset(block, mark, size);
  block[0] = static_cast<unsigned char>(size / 256);
  block[1] = static_cast<unsigned char>(size % 256);
  return block;
}

void look_at_and_free(unsigned char* block, unsigned move_to) {
  if (block == nullptr) return;
  std::size_t size = block[0] * 256U + block[1];
  const unsigned char mark = block[2];
  if (move_to != 0) {
    block = static_cast<unsigned char*>(hidden(realloc(block, move_to)));
    require(block != nullptr, "realloc among threads");
    size = move_to < size ? move_to : size;
  }
  require(all_bytes(block + 2, mark, size - 2), "a block that another thread filled holds what it wrote");
  free(block);
}

}  // namespace

void shares(unsigned rounds) {
  std::array<std::atomic<unsigned char*>, 64> shelf{};
  const auto work = [&](unsigned seed) {
    std::uint32_t random = seed;
    for (unsigned i = 0; i < rounds; ++i) {
      random = random * 1664525U + 1013904223U;
      const std::size_t size = 8 + (random >> 16U) % ((i % 16 == 0) ? 3000 : 500);
      unsigned char* const block = marked_block(size, static_cast<unsigned char>(seed));
      look_at_and_free(shelf[(random >> 8U) % shelf.size()].exchange(block), i % 4 == 0 ? 8 + i % 700 : 0);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i <= 4; ++i) workers.emplace_back(work, i);
  for (std::thread& worker : workers) worker.join();
  for (auto& place : shelf) look_at_and_free(place.load(), 0);
}

namespace {

int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

}  // namespace

void forks_among_threads() {
  std::atomic<bool> done{false};
  std::vector<std::thread> workers;
  for (unsigned i = 0; i < 3; ++i) {
    workers.emplace_back([&done, i] {
      while (!done) free(hidden(malloc(16 * (i + 1))));
    });
  }
  void* const parents = hidden(malloc(100));
  for (int i = 0; i < 100; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      free(parents);
      for (std::size_t k = 1; k < 1000; ++k) free(hidden(malloc(k)));
      const pid_t grandchild = fork();
      if (grandchild == 0) {
        keeps(1000);
        _exit(0);
      }
      _exit(status_of(grandchild) == 0 ? 0 : 1);
    }
    require(status_of(child) == 0, "a child allocates");
  }
  done = true;
  for (std::thread& worker : workers) worker.join();
  free(parents);
}

namespace {
std::atomic<int> handlers_run{0};
}  // namespace

void allocates_in_fork_handlers() {
  const auto handler = [] {
    allocates_a_little();
    ++handlers_run;
  };
  pthread_atfork(handler, handler, handler);
  const pid_t child = fork();
  if (child == 0) _exit(early_handlers_run() == 2 ? handlers_run.load() : 99);
  const int status = status_of(child);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 2 && handlers_run == 2, "every handler runs");
  require(early_handlers_run() == 2, "so does every handler of a library that was there first");
}

void leaves_a_child() {
  keeps(1000);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    keeps(10);
    std::exit(0);
  }
  require(status_of(child) == 0, "the child ends well");
}

namespace {
unsigned char* block_of_before = nullptr;
void* other_block_of_before = nullptr;
}  // namespace

void crashes_inside() {
  block_of_before = static_cast<unsigned char*>(hidden(malloc(100)));
  other_block_of_before = hidden(malloc(100));
  std::memset(block_of_before, 0x44, 100);
  std::signal(SIGSEGV, [](int) {
    allocates_a_little();
    block_of_before = static_cast<unsigned char*>(hidden(realloc(block_of_before, 90)));
    require(block_of_before != nullptr && all_bytes(block_of_before, 0x44, 90),
            "a block of the heap can be reallocated inside");
    require(malloc_usable_size(block_of_before) == 104, "and becomes the C library's, as the heap is busy");
    free(hidden(realloc(hidden(malloc(10)), 2000)));
    free(block_of_before);
    free(hidden(other_block_of_before));
    _exit(7);
  });
  // A free block that leads nowhere: the request that follows the link dies of it.
  void* const freed = hidden(malloc(200));
  free(hidden(freed));
  *static_cast<void* volatile*>(freed) = reinterpret_cast<void*>(std::uintptr_t{16});
  for (int i = 0; i < 3; ++i) (void)hidden(malloc(200));
  require(false, "the damage is met");
}

void ends_in_a_thread() {
  std::thread([] {
    keeps(10);
    std::exit(5);
  }).join();
}

}  // namespace poolhammer::preload::testing
