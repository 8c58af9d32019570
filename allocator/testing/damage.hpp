#pragma once

#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocator/poison.hpp"

namespace pymalloc {

/// Writes into a heap behind its back, and puts back what was there: a heap must not walk damaged lists when
/// it dies.
class Damage {
 public:
  Damage() = default;
  Damage(const Damage&) = delete;
  Damage& operator=(const Damage&) = delete;
  ~Damage() { repair(); }

  /// Writes `value` to `place`, which must live until the repair.
  template <class T>
  void write(T& place, std::type_identity_t<T> value) {
    undo_.push_back([&place, old = peek(place)] { poke(place, old); });
    poke(place, value);
  }

  /// Damage that was done in some other way, with what takes it back.
  void done(std::function<void()> undo) { undo_.push_back(std::move(undo)); }

  /// Takes all damage back, the last first.
  void repair() {
    for (; !undo_.empty(); undo_.pop_back()) undo_.back()();
  }

 private:
  std::vector<std::function<void()>> undo_;
};

}  // namespace pymalloc
