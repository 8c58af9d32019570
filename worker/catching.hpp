#pragma once

#include <cstddef>

// Calls operators new that throw. A library of its own, linked with the C++ runtime that the process shares:
// the worker's own copy of the runtime must not end the life of an exception that the other made. And a
// library under test finds that runtime in the process from the start, as in every C++ program.
extern "C" {

/// operator new(a) or, where `two` holds, operator new(a, b). Returns whether it threw; the block is in
/// `*block`.
bool poolhammer_call_throwing(void (*function)(), bool two, std::size_t a, std::size_t b, void** block);
}
