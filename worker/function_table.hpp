#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/subjects/call.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer::worker {

/// poolhammer_call_throwing; see catching.hpp.
using Catcher = unsigned (*)(void (*function)(), bool two, bool nothrow, std::size_t a, std::size_t b,
                             void** block);

/// The library's functions, found once.
class FunctionTable {
 public:
  using Address = void (*)();

  void set(Function function, Address place) { addresses_[static_cast<std::size_t>(function)] = place; }
  /// What calls operators new that throw, preloaded from catching.cpp; no such operator may be set without.
  void set_catcher(Catcher catcher) { catcher_ = catcher; }
  [[nodiscard]] bool has(Function function) const { return address(function) != nullptr; }

  /// Calls a function that it has. A request that is refused, and not for its size alone, is made once more,
  /// and that answer counts: an allocator may refuse one for a passing reason, as long as it serves its
  /// client then.
  [[nodiscard]] Answer call(const FunctionCall& call) const;

  /// Installs a new handler that counts its calls and takes itself away after handler_calls. Nothing where
  /// the process has no C++ runtime.
  static void install_handler();
  /// Installs one that throws then; see catching.hpp. Nothing where the process has nothing that catches.
  static void install_throwing_handler(bool derived);

 private:
  [[nodiscard]] Address address(Function function) const {
    return addresses_[static_cast<std::size_t>(function)];
  }
  template <class Type>
  [[nodiscard]] Type as(Function function) const {
    return reinterpret_cast<Type>(address(function));
  }
  void allocate(const FunctionCall& call, Answer& answer) const;
  void call_new(const FunctionCall& call, Answer& answer) const;
  void free(const FunctionCall& call) const;

  std::array<Address, functions> addresses_{};
  Catcher catcher_ = nullptr;
};

}  // namespace poolhammer::worker
