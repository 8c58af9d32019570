#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "harness/contract/board.hpp"
#include "harness/process/worker.hpp"
#include "worker/performer.hpp"
#include "worker/trace_job.hpp"

namespace {

using namespace poolhammer::contract;

constexpr int bad_usage = 2;
constexpr int machine_lacks = 3;

[[nodiscard]] std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// Whether the file belongs to the C or C++ runtime, which every process has.
[[nodiscard]] bool of_the_runtime(std::string_view path) {
  const std::string_view name = base_name(path);
  return name.starts_with("libc.so") || name.starts_with("libstdc++.so") || name.starts_with("ld-linux") ||
         name.starts_with("libm.so") || name.starts_with("libgcc_s.so");
}

/// A function counts as the library's where it lies in its file, or in one that it brought along.
void find_functions(BoardHeader& header, Client& client) {
  const bool the_c_library = header.module[0] == '\0';
  void* const module = dlopen(the_c_library ? "libc.so.6" : header.module.data(), RTLD_NOW);
  if (module == nullptr) {
    header.lacks_module = true;
    const char* const reason = dlerror();
    std::strncpy(header.found.data(), reason == nullptr ? "" : reason, header.found.size() - 1);
    return;
  }
  const auto catcher = reinterpret_cast<Catcher>(dlsym(RTLD_DEFAULT, "poolhammer_call_throwing"));
  client.set_catcher(catcher);
  for (const Function function : all_functions()) {
    if (facts(function).throws && catcher == nullptr) continue;
    const auto index = static_cast<std::size_t>(function);
    if (header.symbols[index][0] == '\0') continue;
    void* const address = dlsym(module, header.symbols[index].data());
    Dl_info place{};
    if (address == nullptr || dladdr(address, &place) == 0 || place.dli_fname == nullptr) continue;
    if (of_the_runtime(place.dli_fname) &&
        (!the_c_library || !base_name(place.dli_fname).starts_with("libc.so")))
      continue;
    header.present[index] = true;
    if (header.found[0] == '\0') std::strncpy(header.found.data(), place.dli_fname, header.found.size() - 1);
    client.set(function, reinterpret_cast<Client::Address>(address));
  }
}

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
  if (job == "traces") return poolhammer::library::run_traces({static_cast<std::byte*>(memory), bytes});
  const Board board = board_in({static_cast<std::byte*>(memory), bytes});
  Client client;
  find_functions(*board.header, client);
  if (board.header->lacks_module) return machine_lacks;
  Performer(board, client).perform_all();
  // Not through exit: what the library does at a program's end is no part of any probe.
  _exit(0);
}
