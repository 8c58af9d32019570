#pragma once

#include <cstdint>
#include <type_traits>

namespace poolhammer {

// What a fork server and its host say to each other: datagrams on a socket that only these two have.

/// The descriptor on which a fork server finds its socket; where it stands for none, no forks are wanted. It
/// is high so that what a program opens has the same numbers with and without it.
inline constexpr int fork_descriptor = 63;

/// What the host asks for.
enum class ForkOrder : std::uint8_t {
  fork,  ///< a child; there is none
  end,   ///< the end of the child, which may have come by itself
};

/// What the server answers.
struct ForkReport {
  enum class What : std::uint8_t {
    ready,   ///< once, when it has loaded; `value`: whether it will fork, 1 or 0
    forked,  ///< by the child, before it does anything; `value`: its id, or by the server -1: there is none
    ended,   ///< nothing that the child started is left; `value`: its status, as waitpid() gives it
  };
  What what;
  std::int32_t value;
};
static_assert(std::is_trivially_copyable_v<ForkReport>);

}  // namespace poolhammer
