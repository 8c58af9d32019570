#pragma once

#include <array>
#include <cstdint>

namespace poolhammer {

/// Places in this program that calls are made from: a stack trace tells them apart.
class CallSites {
 public:
  static constexpr unsigned count = 16;
  static constexpr unsigned depth = 16;  ///< frames that are at least there outside of each

  CallSites();

  /// Calls `call()` from a place.
  template <class Call>
  void from(unsigned site, Call& call) const {
    perform_below(
        depth, site, [](void* context) { (*static_cast<Call*>(context))(); }, &call);
  }

  /// Where a call from the place returns to: what a stack trace of it holds.
  [[nodiscard]] std::uintptr_t address(unsigned site) const { return addresses_.at(site % count); }

 private:
  static void perform_below(unsigned frames, unsigned site, void (*function)(void* context), void* context);
  static void perform(unsigned site, void (*function)(void* context), void* context);

  std::array<std::uintptr_t, count> addresses_{};
};

}  // namespace poolhammer
