#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "harness/contract/function.hpp"

namespace poolhammer::contract {

/// What a call gave.
struct Answer {
  void* block = nullptr;
  std::uint64_t value = 0;  ///< of malloc_usable_size
  int error = 0;            ///< errno behind it
  int status = 0;           ///< of posix_memalign
  bool threw = false;
  bool result_kept = true;  ///< posix_memalign left its result, or made it NULL
  bool handled = false;     ///< the new handler was called
};

/// poolhammer_call_throwing; see catching.hpp.
using Catcher = bool (*)(void (*function)(), bool two, std::size_t a, std::size_t b, void** block);

/// The library's functions, found once.
class Client {
 public:
  using Address = void (*)();

  void set(Function function, Address place) { addresses_[static_cast<std::size_t>(function)] = place; }
  /// What calls operators new that throw, preloaded from catching.cpp; no such operator may be set without.
  void set_catcher(Catcher catcher) { catcher_ = catcher; }
  [[nodiscard]] bool has(Function function) const { return address(function) != nullptr; }

  /// Calls a function that gives a block; `block` is for those that resize.
  [[nodiscard]] Answer allocate(Function function, void* block, std::uint64_t a, std::uint64_t b,
                                int error) const;
  /// Calls one that frees; `size` and `alignment` are those that the block was asked with.
  [[nodiscard]] Answer free(Function function, void* block, std::uint64_t size, std::uint64_t alignment,
                            int error) const;
  [[nodiscard]] Answer usable_size(void* block, int error) const;

  /// Installs a new handler that notes its call and takes itself away. Nothing where the process has no C++
  /// runtime.
  void install_handler();

 private:
  [[nodiscard]] Address address(Function function) const {
    return addresses_[static_cast<std::size_t>(function)];
  }
  template <class Type>
  [[nodiscard]] Type as(Function function) const {
    return reinterpret_cast<Type>(address(function));
  }

  std::array<Address, functions> addresses_{};
  Catcher catcher_ = nullptr;
};

}  // namespace poolhammer::contract
