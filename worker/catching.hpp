#pragma once

#include <atomic>
#include <cstddef>

// Calls operators new that throw. A library of its own, linked with the C++ runtime that the process shares:
// the worker's own copy of the runtime must not end the life of an exception that the other made. And a
// library under test finds that runtime in the process from the start, as in every C++ program.
extern "C" {

/// Calls an operator new: (a) or, where `two` holds, (a, b), and a std::nothrow_t behind where `nothrow`
/// does. The block is in `*block`. Returns the number of poolhammer::Thrown that came out.
unsigned poolhammer_call_throwing(void (*function)(), bool two, bool nothrow, std::size_t a, std::size_t b,
                                  void** block);

/// Installs a new handler that notes its call in `*called`, takes itself away and throws std::bad_alloc
/// itself or, where `derived` holds, an exception of a type derived from it.
void poolhammer_set_throwing_handler(bool derived, std::atomic<unsigned>* called);
}
