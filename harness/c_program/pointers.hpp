#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "harness/c_program/callee.hpp"
#include "harness/library/target.hpp"

namespace poolhammer::c {

/// The functions of a library, which a program calls through pointers that no compiler sees through: it
/// leaves no call out.
class LibraryCallee final : public Callee {
 public:
  explicit LibraryCallee(library::Target target) : target_(std::move(target)) {}

  [[nodiscard]] bool has(Function function) const override;
  [[nodiscard]] CalledText text(const Used& used) const override;
  [[nodiscard]] std::string run_with() const override;

 private:
  library::Target target_;
};

/// As a literal of C holds it.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace poolhammer::c
