#include "worker/catching.hpp"

bool poolhammer_call_throwing(void (*function)(), bool two, std::size_t a, std::size_t b, void** block) {
  try {
    *block = two ? reinterpret_cast<void* (*)(std::size_t, std::size_t)>(function)(a, b)
                 : reinterpret_cast<void* (*)(std::size_t)>(function)(a);
    return false;
  } catch (...) {
    *block = nullptr;
    return true;
  }
}
