#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace poolhammer {

/// A small deterministic generator (SplitMix64, Steele, Lea and Flood 2014): the same seed gives the same
/// numbers on every platform and with every standard library, which std::uniform_int_distribution does not
/// promise. Not for secrets.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  /// 64 random bits.
  [[nodiscard]] constexpr std::uint64_t next() {
    state_ = wrapping_add(state_, 0x9e3779b97f4a7c15U);
    std::uint64_t z = state_;
    z = wrapping_multiply(z ^ (z >> 30U), 0xbf58476d1ce4e5b9U);
    z = wrapping_multiply(z ^ (z >> 27U), 0x94d049bb133111ebU);
    return z ^ (z >> 31U);
  }

  /// A number in [0, n); 0 where n is 0. The bias is below n / 2^32 for an n of 32 bits, below n / 2^64 above
  /// that.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t n) {
    if (n == 0) return 0;
    if (n <= std::uint64_t{1} << 32U) return ((next() >> 32U) * n) >> 32U;
    return next() % n;
  }

  /// True `numerator` times of `denominator`. Precondition: denominator > 0.
  [[nodiscard]] constexpr bool chance(std::uint64_t numerator, std::uint64_t denominator) {
    assert(denominator > 0);
    return below(denominator) < numerator;
  }

  /// A member of `choices`, each as likely as another. Precondition: there is one.
  template <typename T, std::size_t Extent>
  [[nodiscard]] constexpr T& pick(std::span<T, Extent> choices) {
    assert(!choices.empty());
    return choices[static_cast<std::size_t>(below(choices.size()))];
  }

  /// As above, for a container such as a std::array or a std::vector.
  template <typename Container>
  [[nodiscard]] constexpr auto& pick(Container& choices) {
    return pick(std::span(choices));
  }

 private:
  // Wrapping is meant here: the builtins say so, where an unsigned-overflow sanitizer would object to + and
  // *.
  static constexpr std::uint64_t wrapping_add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    static_cast<void>(__builtin_add_overflow(a, b, &sum));
    return sum;
  }
  static constexpr std::uint64_t wrapping_multiply(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    static_cast<void>(__builtin_mul_overflow(a, b, &product));
    return product;
  }

  std::uint64_t state_;
};

}  // namespace poolhammer
