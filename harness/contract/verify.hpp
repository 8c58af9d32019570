#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "harness/c_program/c_program.hpp"
#include "harness/library/target.hpp"

namespace poolhammer::contract {

using library::Target;

/// What became of a program that was compiled and run.
enum class Reproduction : std::uint8_t {
  not_tried,       ///< nobody asked for it
  reproduced,      ///< it exits 1 under the library, or dies or ends early there and not without it
  not_reproduced,  ///< it does not
  does_not_compile,
  no_compiler,  ///< the machine has none
};
inline constexpr std::array<std::string_view, 5> reproduction_words = {
    "not tried", "reproduced", "not reproduced", "does not compile", "no compiler"};

struct Verification {
  Reproduction reproduction = Reproduction::not_tried;
  std::uint32_t runs = 0;    ///< under the library, up to the first that shows it
  std::string said;          ///< its last line there; or the compiler's first
  std::optional<int> plain;  ///< its exit status without the library, where it was run so
};

/// Compiles the program with cc or c++ in a temporary folder and runs it under the target's library, at most
/// `runs` times until it shows the fault, and once without it. A program that keeps the rules is to come to
/// its last line: where it does without the library, that it dies, hangs or ends before shows it, too.
/// `death_shows_it`: that does so also where it dies without the library. Throws std::runtime_error where the
/// system refuses a process or a folder.
[[nodiscard]] Verification verify(const CProgram& program, const Target& target, std::uint32_t runs = 3,
                                  bool death_shows_it = false);

}  // namespace poolhammer::contract
