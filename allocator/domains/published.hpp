#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <utility>

namespace pymalloc {

/// A value that any thread may read while others replace it: a reader gets one of the values that were set,
/// whole, and never waits. A function that is kept together with its context is so never called with
/// another's (which happened to CPython's hooks: gh-128679).
///
/// Every value that was ever set stays, as a reader may be using it; setting one again takes it up again, so
/// memory is bounded by the number of different values.
template <class T>
class Published {
 public:
  explicit Published(T value) : values_{std::move(value)}, current_(&values_.front()) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  ~Published() = default;

  /// Valid as long as this is.
  [[nodiscard]] const T& get() const { return *current_.load(std::memory_order_acquire); }

  void set(const T& value) {
    const std::lock_guard lock(setting_);
    for (const T& known : values_) {
      if (known == value) return current_.store(&known, std::memory_order_release);
    }
    values_.push_front(value);
    current_.store(&values_.front(), std::memory_order_release);
  }

 private:
  std::mutex setting_;
  std::list<T> values_;  ///< elements never move
  std::atomic<const T*> current_;
};

}  // namespace pymalloc
