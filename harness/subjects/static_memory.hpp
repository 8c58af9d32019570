#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace poolhammer {

/// Memory that holds the variables of a loaded library.
struct Variables {
  std::span<std::byte> memory;
  /// The part of it that no file lies under: its pages are zero where nothing was written to them.
  std::span<std::byte> zero_filled;
};

/// The writable memory of the library that `inside` lies in, without the part that the linker made read-only
/// once it had filled it in. Empty where no library has this address.
[[nodiscard]] std::vector<Variables> variables_around(const void* inside);

/// The same of the library that was loaded from a file of this name (without folders).
[[nodiscard]] std::vector<Variables> variables_of(std::string_view file_name);

/// Puts memory back as it was. Memory that was zero costs what was written to since, the rest a comparison.
/// What a sanitizer forbids in it is read and written all the same.
class PutBack {
 public:
  /// Remembers the memory, which must be static: it is kept by its address. `zero_filled` is the part of it
  /// that the system makes zero when its pages are given back.
  explicit PutBack(std::span<std::byte> memory, std::span<std::byte> zero_filled = {});
  explicit PutBack(const Variables& variables) : PutBack(variables.memory, variables.zero_filled) {}

  /// To be called once, when everything that ever changes has changed: of what was not zero only the pages
  /// that differ now are put back from here on.
  void learn();

  /// Puts the memory back as it was at construction.
  void put_back() const;

 private:
  struct Saved {
    std::span<std::byte> place;
    std::vector<std::byte> bytes;
  };

  void save(std::span<std::byte> place);

  std::vector<Saved> saved_;
  std::vector<std::span<std::byte>> zeroes_;  ///< whole pages, given back to the system
};

/// The variables of libraries, and under AddressSanitizer what is forbidden of them.
class StaticState {
 public:
  /// Remembers the variables of the libraries that were loaded from these files: names without folders, with
  /// colons between them. Throws std::runtime_error, in one line, where one is not loaded.
  explicit StaticState(std::string_view file_names);

  void put_back() const;

 private:
  std::vector<PutBack> parts_;
};

/// The state of these libraries as it was when first asked for in this process, which is before the first
/// subject of theirs. Null where no library is named.
[[nodiscard]] const StaticState* static_state_of(std::string_view file_names);

}  // namespace poolhammer
