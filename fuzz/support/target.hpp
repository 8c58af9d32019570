#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/report/finding.hpp"
#include "harness/trace/breadth.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::fuzz {

/// How the bytes of an input are to be understood.
enum class Inputs : std::uint8_t {
  bytes,  ///< the target's own: it alone shows an input again
  trace,  ///< a trace in binary form: `poolhammer replay` shows it again
};

/// A variable of the environment that a target reads.
struct Setting {
  std::string_view name;
  std::string_view meaning;
};

/// What a target says of itself. Scripts take it from --describe, and keep no lists of their own.
struct Facts {
  std::string_view about = {};       ///< what it hammers, in one line
  unsigned weight = 1;               ///< its share, where time is divided among targets
  std::string_view dictionary = {};  ///< a file beside its source: fuzz_NAME.dict
  std::vector<Setting> environment = {};
  /// What the machine must have beside the program: "worker", "libpython3.11". What needs nothing runs on a
  /// fuzzing cluster.
  std::vector<std::string_view> needs = {};
  std::vector<std::string_view> steered_by = {"edges"};  ///< what an engine sees of a run
  /// The options of `poolhammer replay` that show a finding again; several where the trace chooses among
  /// them.
  std::vector<std::string> (*replay_options)() = nullptr;
  Breadth (*breadth)() = nullptr;  ///< what its programs use beyond the plain functions; null: nothing
};

/// What a program fuzzes. Each program has one, defined by one of the macros below.
struct Target {
  std::string_view name;
  Inputs inputs;
  void (*run)(std::span<const std::byte> input);  ///< returns where it finds nothing wrong
  Facts facts;
};

[[nodiscard]] std::vector<std::string> replay_options_of(const Target& of);

extern const Target target;

/// Prints the finding, leaves the input in a file, prints the command that shows it again as the last line,
/// and ends the process in the way in which the engine recognises a crash.
[[noreturn]] void report(const Finding& finding);

/// The same for a finding of the trace, but where it is passed by: where the file that POOLHAMMER_KNOWN names
/// accepts its cause (`poolhammer run --write-known` writes such files), and with POOLHAMMER_KEEP_GOING=1,
/// where each cause is reported once. Then it returns, and the engine sees a run like others.
void report_of(std::string_view subject, const Trace& trace, const Finding& finding);

/// The status with which a process ends that would end with `status`: one that ends in order, but reported
/// findings on the way, ends with that of a finding.
[[nodiscard]] int final_status(int status) noexcept;

/// Decodes `input`, confines it to what a run can do quickly, keeps its canonical bytes for the crash report,
/// and runs it.
void run_as_trace(std::span<const std::byte> input, void (*run)(const Trace&));

/// What programs of the target use beyond the plain functions: mutations bring it in.
[[nodiscard]] const Breadth& breadth();

/// Makes every request that is over largest_grantable_request (and over what the breadth allows) but could be
/// granted a smaller one, and closes large gaps between slots' numbers: either would only cost time.
/// Alignments become powers of two, from a pointer's size to 1 MiB, and sizes of aligned_alloc multiples of
/// them: others ask what the standards leave open. What is reported is the confined trace, so it needs no
/// limit to be shown again.
void confine(Trace& trace);

/// What LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver do for traces; see libFuzzer's interface.
std::size_t mutate_input(std::span<std::byte> buffer, std::size_t size, unsigned seed);
std::size_t cross_inputs(std::span<const std::byte> first, std::span<const std::byte> second,
                         std::span<std::byte> out, unsigned seed);

}  // namespace poolhammer::fuzz

/// A target that takes any bytes. Behind its name may stand initialisers of its Facts:
///   POOLHAMMER_FUZZ_TARGET(text, .about = "the text form")(std::span<const std::byte> input) { ... }
#define POOLHAMMER_FUZZ_TARGET(NAME, ...)                                                                 \
  static void fuzz_target_##NAME(std::span<const std::byte> input);                                       \
  const poolhammer::fuzz::Target poolhammer::fuzz::target = {                                             \
      #NAME, poolhammer::fuzz::Inputs::bytes, &fuzz_target_##NAME, poolhammer::fuzz::Facts{__VA_ARGS__}}; \
  static void fuzz_target_##NAME

/// A target that takes a trace; an engine that can mutates it by operations instead of bytes:
///   POOLHAMMER_FUZZ_TRACE_TARGET(heap)(const poolhammer::Trace& trace) { ... }
#define POOLHAMMER_FUZZ_TRACE_TARGET(NAME, ...)                                                              \
  static void fuzz_target_##NAME(const poolhammer::Trace& trace);                                            \
  const poolhammer::fuzz::Target poolhammer::fuzz::target = {                                                \
      #NAME, poolhammer::fuzz::Inputs::trace,                                                                \
      [](std::span<const std::byte> input) { poolhammer::fuzz::run_as_trace(input, &fuzz_target_##NAME); },  \
      poolhammer::fuzz::Facts{__VA_ARGS__}};                                                                 \
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
