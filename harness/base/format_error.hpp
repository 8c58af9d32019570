#pragma once

#include <stdexcept>

namespace poolhammer {

/// Bytes that are not in the form they should be in. what() is one line that names the place, what was
/// expected there and what was found, without the file's name: "line 3: expected a slot number, found 'x'" or
/// "offset 24: ...".
class FormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file that cannot be read or written, or that holds no trace. what() is one line that begins with the
/// file's name.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace poolhammer
