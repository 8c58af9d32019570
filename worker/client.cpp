#include "worker/client.hpp"

#include <dlfcn.h>

#include <atomic>
#include <cerrno>
#include <new>

namespace poolhammer::contract {
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

void Client::install_handler() {
  handler_called = false;
  if (const SetHandler install = set_new_handler_of_the_process(); install != nullptr)
    install(note_and_leave);
}

Answer Client::allocate(Function function, void* block, std::uint64_t a, std::uint64_t b, int error) const {
  Answer answer;
  const bool throws = facts(function).throws;
  void* result = untouched;
  errno = error;
  switch (facts(function).parameters) {
    case Parameters::size:
      if (throws)
        answer.threw = catcher_(address(function), false, a, 0, &answer.block);
      else if (facts(function).family == Family::c)
        answer.block = as<void* (*)(std::size_t)>(function)(a);
      else
        answer.block = as<void* (*)(std::size_t, const std::nothrow_t&)>(function)(a, std::nothrow);
      break;
    case Parameters::count_size:
    case Parameters::alignment_size:
      answer.block = as<void* (*)(std::size_t, std::size_t)>(function)(a, b);
      break;
    case Parameters::out_alignment_size:
      answer.status = as<int (*)(void**, std::size_t, std::size_t)>(function)(&result, a, b);
      answer.block = answer.status == 0 ? result : nullptr;
      answer.result_kept = answer.status == 0 || result == untouched || result == nullptr;
      break;
    case Parameters::size_alignment:
      if (throws)
        answer.threw = catcher_(address(function), true, b, a, &answer.block);
      else
        answer.block =
            as<void* (*)(std::size_t, std::size_t, const std::nothrow_t&)>(function)(b, a, std::nothrow);
      break;
    case Parameters::block_size:
      answer.block = as<void* (*)(void*, std::size_t)>(function)(block, a);
      break;
    case Parameters::block_count_size:
      answer.block = as<void* (*)(void*, std::size_t, std::size_t)>(function)(block, a, b);
      break;
    default:
      break;
  }
  answer.error = errno;
  answer.handled = handler_called;
  return answer;
}

Answer Client::free(Function function, void* block, std::uint64_t size, std::uint64_t alignment,
                    int error) const {
  Answer answer;
  const bool nothrow = function == Function::op_delete_nothrow ||
                       function == Function::op_delete_array_nothrow ||
                       function == Function::op_delete_aligned_nothrow ||
                       function == Function::op_delete_array_aligned_nothrow;
  errno = error;
  switch (facts(function).parameters) {
    case Parameters::block:
      if (nothrow)
        as<void (*)(void*, const std::nothrow_t&)>(function)(block, std::nothrow);
      else
        as<void (*)(void*)>(function)(block);
      break;
    case Parameters::block_size:
      as<void (*)(void*, std::size_t)>(function)(block, size);
      break;
    case Parameters::block_alignment:
      if (nothrow)
        as<void (*)(void*, std::size_t, const std::nothrow_t&)>(function)(block, alignment, std::nothrow);
      else
        as<void (*)(void*, std::size_t)>(function)(block, alignment);
      break;
    case Parameters::block_alignment_size:
      as<void (*)(void*, std::size_t, std::size_t)>(function)(block, alignment, size);
      break;
    case Parameters::block_size_alignment:
      as<void (*)(void*, std::size_t, std::size_t)>(function)(block, size, alignment);
      break;
    default:
      break;
  }
  answer.error = errno;
  return answer;
}

Answer Client::usable_size(void* block, int error) const {
  Answer answer;
  errno = error;
  answer.value = as<std::size_t (*)(void*)>(Function::malloc_usable_size)(block);
  answer.error = errno;
  return answer;
}

}  // namespace poolhammer::contract
