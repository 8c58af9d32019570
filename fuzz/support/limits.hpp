#pragma once

namespace poolhammer::fuzz {

/// What an engine allows an input: every script that starts one asks the target for them (--describe).
struct Limits {
  unsigned max_bytes = 65536;  ///< of an input
  unsigned seconds = 20;       ///< of a run; what takes longer hangs
  unsigned memory_mib = 4096;  ///< of the process
};
inline constexpr Limits limits = {};
/// On a fuzzing cluster, whose machines have less memory.
inline constexpr Limits cluster_limits = {.memory_mib = 2560};

/// Exit statuses of a target, beside 0. Those of libFuzzer are its own.
enum class Status : int {
  plain_finding = 1,  ///< our own main() found something; under libFuzzer, a sanitizer did
  bad_usage = 2,
  machine_lacks = 3,
  libfuzzer_hang = 70,
  libfuzzer_memory = 71,
  libfuzzer_interrupted = 72,
  libfuzzer_finding = 77,
};

[[nodiscard]] constexpr int number(Status status) {
  return static_cast<int>(status);
}

}  // namespace poolhammer::fuzz
