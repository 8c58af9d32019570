#include "fuzz/support/tally.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "harness/base/text_sink.hpp"

namespace poolhammer::fuzz {
namespace {

using Clock = std::chrono::steady_clock;

struct Destination {
  std::string path;
  std::string target;
  Clock::time_point begin;
};

// Never destroyed: a crash while the process exits still finds it.
Destination& destination() {
  static auto* const instance = new Destination;
  return *instance;
}

}  // namespace

Tally& tally() noexcept {
  static Tally instance;
  return instance;
}

void start_tally(std::string_view target) {
  Destination& to = destination();
  to.target = target;
  to.begin = Clock::now();
  const char* const wanted = std::getenv("POOLHAMMER_FUZZ_STATS");
  if (wanted == nullptr) return;
  to.path = wanted;
  if (const std::size_t at = to.path.find("%p"); at != std::string::npos) {
    to.path.replace(at, 2, std::to_string(getpid()));
  }
  static_cast<void>(std::atexit([] { write_tally(); }));
}

void write_tally() noexcept {
  const Tally& counts = tally();
  if (counts.executions == 0) return;
  const Destination& to = destination();
  if (to.path.empty()) return;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - to.begin).count();
  const auto milliseconds = static_cast<std::uint64_t>(elapsed);
  SafeText json;
  json << "{\"target\": \"" << to.target << "\", \"executions\": " << counts.executions
       << ", \"operations\": " << counts.operations << ", \"states\": " << counts.states
       << ", \"findings\": " << counts.findings << ", \"known\": " << counts.known
       << ", \"milliseconds\": " << milliseconds << "}\n";
  if (write_file_safely(to.path.c_str(), std::as_bytes(std::span(json.view()))) != 0) {
    SafeText complaint;
    complaint << "poolhammer: cannot write the tally to " << to.path << "\n";
    write_all(STDERR_FILENO, complaint.view());
  }
}

}  // namespace poolhammer::fuzz
