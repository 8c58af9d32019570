#include "harness/subjects/call_sites.hpp"

#include <bit>
#include <utility>

namespace poolhammer {
namespace {

using Function = void (*)(void* context);

/// One function a place. What follows the call keeps it from becoming a jump, and each unlike the others.
template <unsigned site>
[[gnu::noinline]] void place(Function function, void* context) {
  function(context);
  asm volatile("" ::"i"(site));
}

template <unsigned... sites>
[[nodiscard]] constexpr std::array<void (*)(Function, void*), sizeof...(sites)> places_of(
    std::integer_sequence<unsigned, sites...> /*numbers*/) {
  return {&place<sites>...};
}
constexpr auto places = places_of(std::make_integer_sequence<unsigned, CallSites::count>());

[[gnu::noinline]] void tell_return_address(void* answer) {
  *static_cast<std::uintptr_t*>(answer) = std::bit_cast<std::uintptr_t>(__builtin_return_address(0));
}

}  // namespace

CallSites::CallSites() {
  for (unsigned site = 0; site < count; ++site) perform(site, &tell_return_address, &addresses_.at(site));
}

/// A frame each.
void CallSites::perform_below(unsigned frames, unsigned site, Function function, void* context) {
  if (frames == 0)
    perform(site, function, context);
  else
    perform_below(frames - 1, site, function, context);
  asm volatile("");  // no call is a jump
}

void CallSites::perform(unsigned site, Function function, void* context) {
  places.at(site % count)(function, context);
}

}  // namespace poolhammer
