#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace poolhammer {

// What a program of its own needs to know of an allocator that a user registered: which file it includes, and
// what it calls there.

/// The form in which a block is given back.
enum class Giving : std::uint8_t {
  block,
  block_size,
  block_size_alignment,
};

/// The form of realloc.
enum class Resizing : std::uint8_t {
  none,      ///< a block is allocated, copied into and the old one given back
  size,      ///< (block, size)
  old_size,  ///< (block, old size, size)
};

/// An operation that only this allocator has, as C++ calls it.
struct OwnSource {
  /// What it returns.
  enum class Returns : std::uint8_t { nothing, verdict, text, block };

  Returns returns = Returns::nothing;
  bool takes_numbers = false;  ///< numbers as they are; else each as a detail::AnyNumber
};

/// A type as a source text has it.
struct SubjectSource {
  std::string type;              ///< such as "FreeLists"
  std::string declaring;         ///< the type that declares the operations: it, or the resource inside
  std::string_view file;         ///< where it is registered, as the compiler names that
  std::string_view built_as;     ///< a file of cmake/Allocators.cmake that says how; empty: it is not known
  bool resource = false;         ///< it is a std::pmr::memory_resource in a ResourceUnderTest
  bool made = false;             ///< the resource is made by a function of the user's
  bool takes_alignment = false;  ///< allocate(size, alignment)
  bool chooses_alignment = false;
  std::size_t alignment = 0;  ///< that every block is promised; 0: none is
  std::size_t largest_alignment = 0;
  std::size_t largest_request = 0;
  bool zero_sized = false;
  Giving giving = Giving::block;
  bool calloc = false;
  Resizing resizing = Resizing::none;
  bool usable_size = false;
  bool fails = false;  ///< fail_next()
  bool checks = false;
  bool counts_bytes = false;
  bool tears_down = false;
  std::vector<OwnSource> own = {};  ///< by number
};

/// Registers the source of a subject at program start, unless the type has no name outside of its function.
/// The texts must outlive the program.
void register_source(std::string_view subject, SubjectSource source);

/// Null where the subject has none.
[[nodiscard]] const SubjectSource* source_of(std::string_view subject);

namespace detail {

/// The type between the words of a compiler, such as "... [with T = FreeLists]", as a text that includes its
/// file names it: an unnamed namespace has no name.
[[nodiscard]] std::string type_in(std::string_view pretty_function);

template <class T>
[[nodiscard]] std::string type_name() {
  return type_in(__PRETTY_FUNCTION__);
}

}  // namespace detail

}  // namespace poolhammer
