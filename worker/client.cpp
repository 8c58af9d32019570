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
  const bool nothrow = function == Function::op_new_nothrow || function == Function::op_new_array_nothrow ||
                       function == Function::op_new_aligned_nothrow ||
                       function == Function::op_new_array_aligned_nothrow;
  void* result = untouched;
  errno = error;
  try {
    switch (facts(function).parameters) {
      case Parameters::size:
        answer.block = nothrow ? as<void* (*)(std::size_t, const std::nothrow_t&)>(function)(a, std::nothrow)
                               : as<void* (*)(std::size_t)>(function)(a);
        break;
      case Parameters::count_size:
      case Parameters::alignment_size:
        answer.block = as<void* (*)(std::size_t, std::size_t)>(function)(a, b);
        break;
      case Parameters::out_alignment_size:
        answer.status = as<int (*)(void**, std::size_t, std::size_t)>(function)(&result, a, b);
        answer.block = answer.status == 0 ? result : nullptr;
        answer.result_kept = result == untouched || result == nullptr;
        break;
      case Parameters::size_alignment:
        answer.block = nothrow ? as<void* (*)(std::size_t, std::size_t, const std::nothrow_t&)>(function)(
                                     b, a, std::nothrow)
                               : as<void* (*)(std::size_t, std::size_t)>(function)(b, a);
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
  } catch (...) {
    answer.threw = true;
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
