#pragma once

#include <cstddef>
#include <type_traits>

#include "harness/trace/operation.hpp"

namespace poolhammer::worker {

/// Performs calls in the handler of a signal that the calling thread raises. The signal interrupts nothing
/// but raise(), which is async-signal-safe, so that the handler may call what it likes.
class SignalHandlers {
 public:
  SignalHandlers() = default;
  SignalHandlers(const SignalHandlers&) = delete;
  SignalHandlers& operator=(const SignalHandlers&) = delete;
  ~SignalHandlers();

  /// Maps the alternate stack. Without it, handlers run on the thread's own.
  void map_stack();

  /// Performs `call` as the context says, and returns when it is done. One thread at a time may use an
  /// alternate stack. Where no signal comes, `call` is performed all the same.
  template <class Call>
  void perform(Context context, Call&& call) {
    if (!of_signal(context)) return call();
    perform_in_handler(
        context, [](void* argument) { (*static_cast<std::remove_reference_t<Call>*>(argument))(); }, &call);
  }

 private:
  void perform_in_handler(Context context, void (*call)(void*), void* argument) const;

  std::byte* stack_ = nullptr;
};

}  // namespace poolhammer::worker
