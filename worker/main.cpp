#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "harness/contract/board.hpp"
#include "harness/process/worker.hpp"
#include "worker/find_functions.hpp"
#include "worker/performer.hpp"
#include "worker/trace_job.hpp"

namespace {

using namespace poolhammer::contract;

constexpr int bad_usage = 2;
constexpr int machine_lacks = 3;

}  // namespace

int main(int argc, char** argv) {
  struct stat state {};
  const std::string_view job = argc == 2 ? argv[1] : "";
  if ((job != "probes" && job != "traces") || fstat(poolhammer::worker_descriptor, &state) != 0 ||
      state.st_size <= 0) {
    constexpr std::string_view text = "poolhammer-worker: started by poolhammer, and of no use without it\n";
    (void)!write(STDERR_FILENO, text.data(), text.size());
    return bad_usage;
  }
  const auto bytes = static_cast<std::size_t>(state.st_size);
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, poolhammer::worker_descriptor, 0);
  if (memory == MAP_FAILED) return machine_lacks;
  close(poolhammer::worker_descriptor);
  if (job == "traces") return poolhammer::worker::run_traces({static_cast<std::byte*>(memory), bytes});
  const Board board = board_in({static_cast<std::byte*>(memory), bytes});
  BoardHeader& header = *board.header;
  poolhammer::worker::Found found =
      poolhammer::worker::find_functions(header.module.data(), header.symbols, header.found);
  header.present = found.present;
  header.lacks_module = !found.loaded;
  if (header.lacks_module) return machine_lacks;
  Performer(board, found.table).perform_all();
  // Not through exit: what the library does at a program's end is no part of any probe.
  _exit(0);
}
