#include "worker/catching.hpp"

#include <new>
#include <typeinfo>

#include "harness/subjects/call.hpp"

namespace {

using poolhammer::Thrown;

struct NoMemory : std::bad_alloc {};

std::atomic<unsigned>* noted = nullptr;

template <class Exception>
void note_and_throw() {
  ++*noted;
  std::set_new_handler(nullptr);
  throw Exception();
}

template <class... Arguments>
void* call(void (*function)(), Arguments... arguments) {
  return reinterpret_cast<void* (*)(Arguments...)>(function)(arguments...);
}

void* call(void (*function)(), bool two, bool nothrow, std::size_t a, std::size_t b) {
  const std::nothrow_t* const tag = &std::nothrow;
  if (!nothrow) return two ? call(function, a, b) : call(function, a);
  return two ? call(function, a, b, tag) : call(function, a, tag);
}

}  // namespace

unsigned poolhammer_call_throwing(void (*function)(), bool two, bool nothrow, std::size_t a, std::size_t b,
                                  void** block) {
  Thrown thrown = Thrown::nothing;
  try {
    *block = call(function, two, nothrow, a, b);
    return static_cast<unsigned>(thrown);
  } catch (const NoMemory&) {
    thrown = Thrown::derived;
  } catch (const std::bad_alloc& exception) {
    thrown = typeid(exception) == typeid(std::bad_alloc) ? Thrown::bad_alloc : Thrown::other;
  } catch (...) {
    thrown = Thrown::other;
  }
  *block = nullptr;
  return static_cast<unsigned>(thrown);
}

void poolhammer_set_throwing_handler(bool derived, std::atomic<unsigned>* called) {
  noted = called;
  std::set_new_handler(derived ? note_and_throw<NoMemory> : note_and_throw<std::bad_alloc>);
}
