#pragma once

#include "reported/base/slabs.hpp"

/// Slabs whose blocks may begin up to 15 bytes into their slot. `Self` says where.
template <class Self>
struct Shifted : Slabs<Self> {
  using Base = Slabs<Self>;

  static void* start(const void* block) {
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(block) / 16 * 16);
  }
  static void give(void* block) { Base::give(start(block)); }
  static std::size_t usable(const void* block) {
    const std::size_t skipped = static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                                         static_cast<std::byte*>(start(block)));
    return Base::usable(start(block)) - skipped;
  }
};
