#include "fuzz/support/which_engine.hpp"

// Of libFuzzer's runtime, which may be absent. It has no public way to say "this input is a crash" except to
// die of one; its death callback writes the crash file and the final statistics.
namespace fuzzer {
class Fuzzer {
 public:
  __attribute__((weak)) static void StaticDeathCallback();
};
}  // namespace fuzzer

namespace poolhammer::fuzz {
namespace {

bool is_plain = false;

}  // namespace

Engine engine() noexcept {
  if (is_plain) return Engine::plain;
  return fuzzer::Fuzzer::StaticDeathCallback != nullptr ? Engine::libfuzzer : Engine::other;
}

void set_engine(Engine engine) noexcept {
  is_plain = engine == Engine::plain;
}

void dump_unit_of_libfuzzer() noexcept {
  if (engine() == Engine::libfuzzer) fuzzer::Fuzzer::StaticDeathCallback();
}

}  // namespace poolhammer::fuzz
