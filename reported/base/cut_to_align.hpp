#pragma once

#include "reported/base/slabs.hpp"

/// Slabs that cut an aligned block from a larger slot, so that it may begin further on. `Self` says how such
/// a block is freed, and how large it is.
template <class Self>
struct CutToAlign : Slabs<Self> {
  using Base = Slabs<Self>;
  using typename Base::Span;

  // An aligned block may begin inside a larger slot.
  static std::size_t distance(const void* block) {
    const Span* const of = Base::span_of(block);
    if (of->slot == 0) return 0;
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                                 reinterpret_cast<const std::byte*>(of));
    return (offset - of->first) % of->slot;
  }
  static void* start(const void* block) {
    return const_cast<std::byte*>(static_cast<const std::byte*>(block)) - distance(block);
  }

  static void* take(std::size_t alignment, std::size_t size) {
    if (alignment <= Base::unit || alignment > Base::page || size > Base::largest - alignment)
      return Base::take(alignment, size);
    auto* const slot = static_cast<std::byte*>(Base::take(Base::unit, size + alignment));
    if (slot == nullptr) return nullptr;
    const auto place = reinterpret_cast<std::uintptr_t>(slot);
    return slot + ((place + alignment - 1) / alignment * alignment - place);
  }
};
