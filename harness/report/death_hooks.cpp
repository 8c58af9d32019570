#include "harness/report/death_hooks.hpp"

#include <atomic>
#include <cstddef>

// Of a sanitizer's runtime, where there is one.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace poolhammer {
namespace {

std::atomic<DeathHandler> installed = nullptr;
std::atomic_flag dying = ATOMIC_FLAG_INIT;

void handle(Death death) noexcept {
  if (dying.test_and_set()) return;
  if (const DeathHandler handler = installed.load()) handler(death);
}

void on_sanitizer() {
  handle({});
}

void on_signal(int signal) {
  handle({signal});
  static_cast<void>(std::signal(signal, SIG_DFL));
  static_cast<void>(std::raise(signal));
}

// A stack that overflowed cannot run a handler.
void have_a_second_stack() {
  static std::array<char, std::size_t{128} << 10U> stack;
  stack_t present = {};
  if (sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  const stack_t ours = {.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  sigaltstack(&ours, nullptr);
}

}  // namespace

void install_death_hooks(DeathHandler handler) {
  installed.store(handler);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(&on_sanitizer);
  have_a_second_stack();
  for (const int signal : fatal_signals) hook_signal(signal);
}

void hook_signal(int signal) {
  struct sigaction present = {};
  if (sigaction(signal, nullptr, &present) != 0) return;
  if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != SIG_DFL) return;
  struct sigaction ours = {};
  ours.sa_handler = &on_signal;
  ours.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigaction(signal, &ours, nullptr);
}

}  // namespace poolhammer
