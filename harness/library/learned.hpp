#pragma once

#include <cstdint>
#include <vector>

namespace poolhammer::library {

class LibraryRunner;

/// What a library shows of itself before anything is judged.
struct Learned {
  /// The smallest size of each class that usable sizes show, ascending, in bytes; empty where the library
  /// tells none.
  std::vector<std::uint64_t> edges;
  /// How many of them are at most `asked_one_by_one`.
  std::uint64_t small_classes = 0;
  /// The constants that its code compares something with, ascending, where it was built to tell.
  std::vector<std::uint64_t> constants = {};
  /// A large block takes addresses and no memory until somebody writes into it.
  bool leaves_untouched = false;
  /// It has no block of 256 MiB: its memory has an end.
  bool bounded = false;
};

/// Up to here the usable size of every size is asked for; beyond, up to 16 MiB, of sixteen an octave.
inline constexpr std::uint64_t asked_one_by_one = 40'000;

/// Asks the library. The runner is as new after it. Of a library that dies of it, little is learned: its
/// programs will tell.
[[nodiscard]] Learned learn(LibraryRunner& runner);

/// The largest block in bytes that malloc gives in a new process, where the next larger one is refused; of a
/// library that is bounded. 0: none is known. Every request is made in a process of its own.
[[nodiscard]] std::uint64_t largest_block(LibraryRunner& runner);

}  // namespace poolhammer::library
