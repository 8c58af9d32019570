// A C library of this project as a subject.
#include "harness/subjects/adapt.hpp"
extern "C" {
#include "stack.h"
}

using Stack = poolhammer::CArena<&stack_create, &stack_destroy, &stack_take, &stack_give>;
const poolhammer::Adapted<Stack> registration("stack", "a stack of free blocks of 64 bytes");
