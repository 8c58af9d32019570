#include "worker/function_table.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <new>

namespace poolhammer::worker {
namespace {

using Handler = void (*)();
using SetHandler = Handler (*)(Handler);

std::atomic<unsigned> handled = 0;

/// The runtime that the library shares with its programs, not the worker's own.
[[nodiscard]] SetHandler set_new_handler_of_the_process() {
  return reinterpret_cast<SetHandler>(dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE"));
}

void note_and_leave() {
  if (++handled < handler_calls) return;
  if (const SetHandler install = set_new_handler_of_the_process(); install != nullptr) install(nullptr);
}

/// Whether a request that was refused is made again: for no more than addresses reach. What a new handler
/// did is done once.
[[nodiscard]] bool is_made_again(const FunctionCall& call, unsigned handled_before) {
  constexpr std::size_t addresses = std::size_t{1} << 47U;
  std::size_t bytes = call.size;
  if (takes_count(call.function) && __builtin_mul_overflow(call.count, call.size, &bytes)) return false;
  return bytes > 0 && bytes <= addresses && handled == handled_before;
}

/// What posix_memalign finds in its result: no block lies there.
void* const untouched = reinterpret_cast<void*>(0x5a5a5a5a5a50);

}  // namespace

void FunctionTable::install_handler() {
  handled = 0;
  if (const SetHandler install = set_new_handler_of_the_process(); install != nullptr)
    install(note_and_leave);
}

void FunctionTable::install_throwing_handler(bool derived) {
  using Install = void (*)(bool, std::atomic<unsigned>*);
  const auto install = reinterpret_cast<Install>(dlsym(RTLD_DEFAULT, "poolhammer_set_throwing_handler"));
  handled = 0;
  if (install != nullptr) install(derived, &handled);
}

Answer FunctionTable::call(const FunctionCall& call) const {
  Answer answer;
  errno = call.error;
  if (allocates(call.function)) {
    const unsigned handled_before = handled;
    allocate(call, answer);
    if (answer.block == nullptr && is_made_again(call, handled_before)) {
      answer = {};
      errno = call.error;
      allocate(call, answer);
    }
  } else if (frees(call.function)) {
    free(call);
  } else {
    answer.value = as<std::size_t (*)(void*)>(call.function)(call.block);
  }
  answer.error = errno;
  answer.handled = handled;
  return answer;
}

void FunctionTable::allocate(const FunctionCall& call, Answer& answer) const {
  const Function function = call.function;
  if (facts(function).family != Family::c) return call_new(call, answer);
  void* result = untouched;
  switch (facts(function).signature) {
    case Signature::size:
      answer.block = as<void* (*)(std::size_t)>(function)(call.size);
      break;
    case Signature::count_size:
      answer.block = as<void* (*)(std::size_t, std::size_t)>(function)(call.count, call.size);
      break;
    case Signature::alignment_size:
      answer.block = as<void* (*)(std::size_t, std::size_t)>(function)(call.alignment, call.size);
      break;
    case Signature::out_alignment_size:
      answer.status =
          as<int (*)(void**, std::size_t, std::size_t)>(function)(&result, call.alignment, call.size);
      answer.block = answer.status == 0 ? result : nullptr;
      answer.result_kept = answer.status == 0 || result == untouched || result == nullptr;
      break;
    case Signature::block_size:
      answer.block = as<void* (*)(void*, std::size_t)>(function)(call.block, call.size);
      break;
    case Signature::block_count_size:
      answer.block =
          as<void* (*)(void*, std::size_t, std::size_t)>(function)(call.block, call.count, call.size);
      break;
    default:
      break;
  }
}

/// A form that must not throw is called by what catches, too, where there is that.
void FunctionTable::call_new(const FunctionCall& call, Answer& answer) const {
  const Function function = call.function;
  const bool aligned = facts(function).signature == Signature::size_alignment;
  const bool nothrow = !facts(function).throws;
  if (catcher_ != nullptr) {
    answer.thrown = static_cast<Thrown>(
        catcher_(address(function), aligned, nothrow, call.size, call.alignment, &answer.block));
    answer.threw = answer.thrown != Thrown::nothing;
  } else if (aligned) {
    answer.block = as<void* (*)(std::size_t, std::size_t, const std::nothrow_t&)>(function)(
        call.size, call.alignment, std::nothrow);
  } else {
    answer.block = as<void* (*)(std::size_t, const std::nothrow_t&)>(function)(call.size, std::nothrow);
  }
}

void FunctionTable::free(const FunctionCall& call) const {
  const Function function = call.function;
  const bool nothrow = function == Function::op_delete_nothrow ||
                       function == Function::op_delete_array_nothrow ||
                       function == Function::op_delete_aligned_nothrow ||
                       function == Function::op_delete_array_aligned_nothrow;
  switch (facts(function).signature) {
    case Signature::block:
      if (nothrow) return as<void (*)(void*, const std::nothrow_t&)>(function)(call.block, std::nothrow);
      return as<void (*)(void*)>(function)(call.block);
    case Signature::block_size:
      return as<void (*)(void*, std::size_t)>(function)(call.block, call.size);
    case Signature::block_alignment:
      if (nothrow)
        return as<void (*)(void*, std::size_t, const std::nothrow_t&)>(function)(call.block, call.alignment,
                                                                                 std::nothrow);
      return as<void (*)(void*, std::size_t)>(function)(call.block, call.alignment);
    case Signature::block_alignment_size:
      return as<void (*)(void*, std::size_t, std::size_t)>(function)(call.block, call.alignment, call.size);
    case Signature::block_size_alignment:
      return as<void (*)(void*, std::size_t, std::size_t)>(function)(call.block, call.size, call.alignment);
    default:
      return;
  }
}

}  // namespace poolhammer::worker
