#include "allocator/debug/stack_book.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <memory>
#include <new>

#include "allocator/invariants/violation.hpp"

namespace pymalloc {
namespace {

[[nodiscard]] std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  return plain == nullptr ? name : plain.get();
}

}  // namespace

[[gnu::noinline]] StackTrace StackTrace::here() {
  // This function, and a sanitizer's stand-in for backtrace(), come first: the caller's frame is known by
  // where this call returns to.
  std::array<void*, most + 2> addresses{};
  const int found = backtrace(addresses.data(), static_cast<int>(addresses.size()));
  const auto end = addresses.begin() + std::max(found, 0);
  const auto caller = std::find(addresses.begin(), end, __builtin_return_address(0));
  StackTrace trace;
  trace.count = std::min<std::size_t>(static_cast<std::size_t>(end - caller), most);
  std::copy_n(caller, trace.count, trace.addresses.begin());
  return trace;
}

std::string to_string(const StackTrace& trace) {
  std::string text;
  std::size_t number = 0;
  for (void* const address : trace.frames()) {
    text += "    #" + std::to_string(number++) + " " + hex(std::bit_cast<std::uintptr_t>(address));
    Dl_info info{};
    if (dladdr(address, &info) != 0 && info.dli_sname != nullptr) text += " in " + demangled(info.dli_sname);
    text += "\n";
  }
  return text;
}

StackBook::StackBook(const AllocatorFunctions& base) : stacks_(Allocator(base)) {
  // The first call of backtrace() loads a library, which allocates: better here than inside an allocation.
  (void)StackTrace::here();
}

void StackBook::note_allocation(const void* data, const StackTrace& trace) {
  try {
    stacks_[data] = {trace, {}};
  } catch (const std::bad_alloc&) {
    stacks_.erase(data);  // rather none than the one before
  }
}

void StackBook::note_free(const void* data, const StackTrace& trace) {
  const auto found = stacks_.find(data);
  if (found != stacks_.end()) found->second.freed = trace;
}

const StackBook::Stacks* StackBook::find(const void* data) const {
  const auto found = stacks_.find(data);
  return found == stacks_.end() ? nullptr : &found->second;
}

}  // namespace pymalloc
