#pragma once

#include <cstddef>
#include <span>

namespace pymalloc {

/// Bytes read from front to back as decisions, so that any bytes are a program. Behind their end every
/// decision is 0.
class Decisions {
 public:
  explicit Decisions(std::span<const std::byte> bytes) : left_(bytes) {}

  [[nodiscard]] bool any_left() const { return !left_.empty(); }

  /// A number below `limit`, which is from 1 to 65536; one byte decides up to 256, two above.
  [[nodiscard]] std::size_t below(std::size_t limit) {
    if (limit <= 1) return 0;
    std::size_t number = next();
    if (limit > 256) number = number << 8U | next();
    return number % limit;
  }

 private:
  [[nodiscard]] std::size_t next() {
    if (left_.empty()) return 0;
    const auto value = static_cast<std::size_t>(left_.front());
    left_ = left_.subspan(1);
    return value;
  }

  std::span<const std::byte> left_;
};

}  // namespace pymalloc
