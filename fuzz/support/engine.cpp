// What a fuzzing engine, or our own main(), calls.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/describe.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"

namespace fuzz = poolhammer::fuzz;

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  const std::span<char* const> all(*arguments, static_cast<std::size_t>(*count));
  fuzz::describe_if_asked(all);
  fuzz::read_arguments(all);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = [] {
    fuzz::start_tally(fuzz::target.name);
    fuzz::install_crash_report();
    if (const auto options = fuzz::replay_options_of(fuzz::target); options.size() == 1) {
      fuzz::crash_report_settings().replay_options = options.front();
    }
    return true;
  }();
  static_cast<void>(ready);
  ++fuzz::tally().executions;
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  const fuzz::RunningInput running(fuzz::InputForm::bytes, input);
  fuzz::target.run(input);
  return 0;
}
