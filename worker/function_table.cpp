#include "worker/function_table.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <new>

namespace poolhammer::worker {
namespace {

using Handler = void (*)();
using SetHandler = Handler (*)(Handler);

std::atomic<bool> handler_called = false;

/// The runtime that the library shares with its programs, not the worker's own.
[[nodiscard]] SetHandler set_new_handler_of_the_process() {
  return reinterpret_cast<SetHandler>(dlsym(RTLD_DEFAULT, "_ZSt15set_new_handlerPFvvE"));
}

void note_and_leave() {
  handler_called = true;
  if (const SetHandler install = set_new_handler_of_the_process(); install != nullptr) install(nullptr);
}

/// What posix_memalign finds in its result: no block lies there.
void* const untouched = reinterpret_cast<void*>(0x5a5a5a5a5a50);

}  // namespace

void FunctionTable::install_handler() {
  handler_called = false;
  if (const SetHandler install = set_new_handler_of_the_process(); install != nullptr)
    install(note_and_leave);
}

Answer FunctionTable::call(const FunctionCall& call) const {
  Answer answer;
  errno = call.error;
  if (allocates(call.function)) {
    allocate(call, answer);
  } else if (frees(call.function)) {
    free(call);
  } else {
    answer.value = as<std::size_t (*)(void*)>(call.function)(call.block);
  }
  answer.error = errno;
  answer.handled = handler_called;
  return answer;
}

void FunctionTable::allocate(const FunctionCall& call, Answer& answer) const {
  const Function function = call.function;
  const bool throws = facts(function).throws;
  void* result = untouched;
  switch (facts(function).signature) {
    case Signature::size:
      if (throws)
        answer.threw = catcher_(address(function), false, call.size, 0, &answer.block);
      else if (facts(function).family == Family::c)
        answer.block = as<void* (*)(std::size_t)>(function)(call.size);
      else
        answer.block = as<void* (*)(std::size_t, const std::nothrow_t&)>(function)(call.size, std::nothrow);
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
    case Signature::size_alignment:
      if (throws)
        answer.threw = catcher_(address(function), true, call.size, call.alignment, &answer.block);
      else
        answer.block = as<void* (*)(std::size_t, std::size_t, const std::nothrow_t&)>(function)(
            call.size, call.alignment, std::nothrow);
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
