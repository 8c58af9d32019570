// The ways in which a process dies, each made to speak its last words.
#include <csignal>
#include <cstdlib>

#include <sys/types.h>
#include <unistd.h>

#include <array>

#include "fuzz/support/last_words.hpp"
#include "fuzz/support/safe_text.hpp"

// The runtimes that may be absent: the sanitizers', and libFuzzer's, which has no public way to say "this
// input is a crash" except to die of one. Its death callback writes the crash file and the final statistics.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace fuzzer {
class Fuzzer {
 public:
  __attribute__((weak)) static void StaticDeathCallback();
};
}  // namespace fuzzer

namespace poolhammer::fuzz {
namespace {

bool is_plain = false;

void die_of_sanitizer() {
  dump_unit_of_libfuzzer();
  speak_last_words();
}

void die_of_signal(int signal) {
  SafeText line;
  line << "poolhammer: killed by signal " << static_cast<std::uint64_t>(signal) << "\n";
  speak_last_words(line.view());
  // The handler is gone by SA_RESETHAND: the process dies as it would have died without it.
  static_cast<void>(raise(signal));
}

void handle_unhandled_signals() {
  // A stack that overflowed cannot run a handler.
  static std::array<char, std::size_t{64} << 10U> stack;
  stack_t alternative = {};
  if (sigaltstack(nullptr, &alternative) == 0 && (alternative.ss_flags & SS_DISABLE) != 0) {
    alternative = {};
    alternative.ss_sp = stack.data();
    alternative.ss_size = stack.size();
    sigaltstack(&alternative, nullptr);
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS}) {
    struct sigaction present = {};
    if (sigaction(signal, nullptr, &present) != 0) continue;
    if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != SIG_DFL) continue;
    struct sigaction ours = {};
    ours.sa_handler = &die_of_signal;
    ours.sa_flags = SA_ONSTACK | SA_NODEFER | static_cast<int>(SA_RESETHAND);
    sigaction(signal, &ours, nullptr);
  }
}

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

void install_death_hooks() {
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(&die_of_sanitizer);
  handle_unhandled_signals();
}

}  // namespace poolhammer::fuzz
