#pragma once

#include "interpose/file_identity.hpp"

namespace poolhammer::preload {

/// The standard error that the process began with, for words at its end: many programs close theirs before
/// the last destructor runs.
class KeptStderr {
 public:
  constexpr KeptStderr() noexcept = default;

  /// Duplicates it to a descriptor from 1000 on, which no program expects to get, closed by exec. Where that
  /// cannot be had, only the standard error of the end is left.
  void keep() noexcept;

  /// The duplicate, if nobody closed it or put another file in its place; else what is standard error now.
  [[nodiscard]] int descriptor() const noexcept;

 private:
  int duplicate_ = -1;
  interpose::FileIdentity file_;
};

}  // namespace poolhammer::preload
