#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "harness/report/finding.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::fuzz {

/// What a program fuzzes. Each program has one, defined by one of the macros below.
struct Target {
  std::string_view name;
  void (*run)(std::span<const std::byte> input);  ///< returns where it finds nothing wrong
};

extern const Target target;

/// Prints the finding, leaves the input in a file, prints the command that shows it again as the last line,
/// and ends the process in the way in which the engine recognises a crash.
[[noreturn]] void report(const Finding& finding);

/// Decodes `input`, confines it to what a run can do quickly, keeps its canonical bytes for the crash report,
/// and runs it.
void run_as_trace(std::span<const std::byte> input, void (*run)(const Trace&));

/// Makes every request that is over largest_grantable_request but could be granted a smaller one, and closes
/// large gaps between slots' numbers: either would only cost time. What is reported is the confined trace, so
/// it needs no limit to be shown again.
void confine(Trace& trace);

/// What LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver do for traces; see libFuzzer's interface.
std::size_t mutate_input(std::span<std::byte> buffer, std::size_t size, unsigned seed);
std::size_t cross_inputs(std::span<const std::byte> first, std::span<const std::byte> second,
                         std::span<std::byte> out, unsigned seed);

}  // namespace poolhammer::fuzz

/// A target that takes any bytes:
///   POOLHAMMER_FUZZ_TARGET(text)(std::span<const std::byte> input) { ... }
#define POOLHAMMER_FUZZ_TARGET(NAME)                                                      \
  static void fuzz_target_##NAME(std::span<const std::byte> input);                       \
  const poolhammer::fuzz::Target poolhammer::fuzz::target = {#NAME, &fuzz_target_##NAME}; \
  static void fuzz_target_##NAME

/// A target that takes a trace; an engine that can mutates it by operations instead of bytes:
///   POOLHAMMER_FUZZ_TRACE_TARGET(heap)(const poolhammer::Trace& trace) { ... }
#define POOLHAMMER_FUZZ_TRACE_TARGET(NAME)                                                                   \
  static void fuzz_target_##NAME(const poolhammer::Trace& trace);                                            \
  const poolhammer::fuzz::Target poolhammer::fuzz::target = {                                                \
      #NAME,                                                                                                 \
      [](std::span<const std::byte> input) { poolhammer::fuzz::run_as_trace(input, &fuzz_target_##NAME); }}; \
  extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, \
                                                 unsigned seed) {                                            \
    return poolhammer::fuzz::mutate_input(std::as_writable_bytes(std::span(data, max_size)), size, seed);    \
  }                                                                                                          \
  extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t first_size,        \
                                                   const std::uint8_t* second, std::size_t second_size,      \
                                                   std::uint8_t* out, std::size_t max_size, unsigned seed) { \
    return poolhammer::fuzz::cross_inputs(std::as_bytes(std::span(first, first_size)),                       \
                                          std::as_bytes(std::span(second, second_size)),                     \
                                          std::as_writable_bytes(std::span(out, max_size)), seed);           \
  }                                                                                                          \
  static void fuzz_target_##NAME
