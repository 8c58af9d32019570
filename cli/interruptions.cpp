#include "cli/interruptions.hpp"

#include <csignal>

#include "harness/process/signals.hpp"

namespace poolhammer::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void note(int signal) {
  interrupted = signal;
}

}  // namespace

Interruptions::Interruptions() {
  interrupted = 0;
  struct sigaction action {};
  // Not restarted: a wait ends, so that the signal is heard at once.
  action.sa_handler = &note;
  for (const int signal : ending_signals) sigaction(signal, &action, nullptr);
}

Interruptions::~Interruptions() {
  for (const int signal : ending_signals) std::signal(signal, SIG_DFL);
}

bool Interruptions::happened() {
  return interrupted != 0;
}

void Interruptions::obey() {
  if (interrupted == 0) return;
  std::signal(interrupted, SIG_DFL);
  std::raise(interrupted);
}

}  // namespace poolhammer::cli
