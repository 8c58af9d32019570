#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "harness/process/worker.hpp"
#include "worker/job.hpp"

namespace {

constexpr int bad_usage = 2;
constexpr int machine_lacks = 3;

}  // namespace

int main(int argc, char** argv) {
  struct stat state {};
  const bool asked = argc == 2 && std::string_view(argv[1]) == poolhammer::worker_word;
  if (!asked || fstat(poolhammer::worker_descriptor, &state) != 0 || state.st_size <= 0) {
    constexpr std::string_view text = "poolhammer-worker: started by poolhammer, and of no use without it\n";
    (void)!write(STDERR_FILENO, text.data(), text.size());
    return bad_usage;
  }
  const auto bytes = static_cast<std::size_t>(state.st_size);
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, poolhammer::worker_descriptor, 0);
  if (memory == MAP_FAILED) return machine_lacks;
  close(poolhammer::worker_descriptor);
  return poolhammer::worker::serve({static_cast<std::byte*>(memory), bytes});
}
