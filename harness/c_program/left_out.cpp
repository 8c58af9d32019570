// In the place of the reference allocator's callees, where a build of 32 bits leaves it out.
#include "harness/c_program/callee.hpp"

namespace poolhammer::c {

std::unique_ptr<Callee> home_callee(std::string_view /*subject*/) {
  return nullptr;
}
std::unique_ptr<Callee> system_callee(std::string_view /*subject*/) {
  return nullptr;
}

}  // namespace poolhammer::c
