#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace poolhammer::log {

/// Puts a short text together in a buffer of the caller's, without allocating. What does not fit is cut off.
class Line {
 public:
  template <std::size_t Capacity>
  explicit Line(char (&buffer)[Capacity]) noexcept : text_(buffer), capacity_(Capacity) {
    text_[0] = '\0';
  }

  Line& add(const char* text) noexcept {
    const std::size_t room = capacity_ - 1 - size_;
    const std::size_t length = std::strlen(text);
    const std::size_t taken = length < room ? length : room;
    std::memcpy(text_ + size_, text, taken);
    size_ += taken;
    text_[size_] = '\0';
    return *this;
  }

  Line& add(std::uint64_t number) noexcept {
    char digits[21]{};
    char* first = digits + sizeof digits - 1;
    do {
      *--first = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return add(first);
  }

  [[nodiscard]] const char* text() const noexcept { return text_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  char* text_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace poolhammer::log
