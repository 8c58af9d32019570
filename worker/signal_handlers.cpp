#include "worker/signal_handlers.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <csignal>
#include <utility>

namespace poolhammer::worker {
namespace {

constexpr int number = SIGUSR1;

/// No promise says how large a stack a call may want: this is far more than a thread must have, and lies
/// behind as much that nobody may touch.
constexpr std::size_t stack_bytes = std::size_t{1} << 20U;

struct Pending {
  void (*call)(void*);
  void* argument;
};

/// Of a thread that raised the signal, what its handler is to do.
thread_local const Pending* pending = nullptr;

void handle(int /*signal*/) {
  // One that comes late, or from elsewhere, finds nothing to do.
  if (const Pending* const mine = std::exchange(pending, nullptr); mine != nullptr)
    mine->call(mine->argument);
}

/// The thread takes the signal, by this handler, on the stack that was named; as before when it goes.
class Prepared {
 public:
  explicit Prepared(const stack_t& stack) {
    sigaltstack(&stack, &stack_before_);
    struct sigaction action {};
    action.sa_handler = handle;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    // Threads that run at once share the handler: it stays.
    sigaction(number, &action, nullptr);
    sigset_t own;
    sigemptyset(&own);
    sigaddset(&own, number);
    pthread_sigmask(SIG_UNBLOCK, &own, &mask_before_);
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() {
    pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
    sigaltstack(&stack_before_, nullptr);
  }

 private:
  stack_t stack_before_{};
  sigset_t mask_before_{};
};

}  // namespace

SignalHandlers::~SignalHandlers() {
  if (stack_ != nullptr) munmap(stack_, 2 * stack_bytes);
}

void SignalHandlers::map_stack() {
  if (stack_ != nullptr) return;
  void* const memory =
      mmap(nullptr, 2 * stack_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  stack_ = static_cast<std::byte*>(memory);
  if (mprotect(stack_ + stack_bytes, stack_bytes, PROT_READ | PROT_WRITE) == 0) return;
  munmap(std::exchange(stack_, nullptr), 2 * stack_bytes);
}

void SignalHandlers::perform_in_handler(Context context, void (*call)(void*), void* argument) const {
  stack_t stack{};
  stack.ss_flags = SS_DISABLE;
  if (context == Context::alternate_stack && stack_ != nullptr)
    stack = {.ss_sp = stack_ + stack_bytes, .ss_flags = 0, .ss_size = stack_bytes};
  const Pending mine{call, argument};
  const Prepared prepared(stack);
  pending = &mine;
  std::raise(number);
  if (std::exchange(pending, nullptr) != nullptr) call(argument);
}

}  // namespace poolhammer::worker
