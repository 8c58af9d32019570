#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pymalloc {

/// Whether pools serve at all in this build (CMake option PYMALLOC_WITH_PYMALLOC): without them, the C
/// library's allocator serves every domain.
#if defined(PYMALLOC_WITHOUT_POOLS)
inline constexpr bool with_pools = false;
#else
inline constexpr bool with_pools = true;
#endif

/// Which allocators serve the domains Mem and Object, and whether the debug layer lies over all three. Raw is
/// the C library's allocator in every choice.
struct Choice {
  bool pools = with_pools;
  bool debug = false;

  friend bool operator==(const Choice&, const Choice&) = default;
};

/// A choice as people name it: "default", "debug", "malloc", "malloc_debug", "pymalloc", "pymalloc_debug";
/// those of CPython's PYTHONMALLOC. None for any other name, and for those of the pools in a build without.
[[nodiscard]] constexpr std::optional<Choice> choice_named(std::string_view name) {
  struct Named {
    std::string_view name;
    Choice choice;
  };
  constexpr std::array<Named, 6> known = {{{"default", {with_pools, false}},
                                           {"debug", {with_pools, true}},
                                           {"malloc", {false, false}},
                                           {"malloc_debug", {false, true}},
                                           {"pymalloc", {true, false}},
                                           {"pymalloc_debug", {true, true}}}};
  for (const Named& candidate : known) {
    if (candidate.name == name && (with_pools || !candidate.choice.pools)) return candidate.choice;
  }
  return std::nullopt;
}

/// The names that choice_named knows in this build, for messages.
[[nodiscard]] constexpr std::string_view choice_names() {
  return with_pools ? "default, debug, malloc, malloc_debug, pymalloc, pymalloc_debug"
                    : "default, debug, malloc, malloc_debug";
}

}  // namespace pymalloc
