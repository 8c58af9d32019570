#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace poolhammer::fuzz {

/// Text in a fixed buffer, for a process that is dying: no memory is allocated, no lock is taken. What does
/// not fit is left out.
class SafeText {
 public:
  SafeText& operator<<(std::string_view text) {
    for (const char character : text) {
      if (length_ + 1 < buffer_.size()) buffer_[length_++] = character;
    }
    return *this;
  }

  SafeText& operator<<(std::uint64_t number) {
    std::array<char, 20> digits = {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  /// All 16 hexadecimal digits.
  SafeText& hexadecimal(std::uint64_t number) {
    for (unsigned shift = 64; shift > 0; shift -= 4) {
      *this << std::string_view("0123456789abcdef").substr((number >> (shift - 4)) & 0xfU, 1);
    }
    return *this;
  }

  /// As one word of a shell's command line.
  SafeText& shell_word(std::string_view word) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+=:,@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return *this << word;
    *this << "'";
    for (std::size_t i = 0; i < word.size(); ++i) *this << (word[i] == '\'' ? "'\\''" : word.substr(i, 1));
    return *this << "'";
  }

  [[nodiscard]] std::string_view view() const { return {buffer_.data(), length_}; }
  /// The last byte of the buffer is never written: the text ends in a zero.
  [[nodiscard]] const char* c_str() const { return buffer_.data(); }

 private:
  std::array<char, 8192> buffer_ = {};
  std::size_t length_ = 0;
};

/// Writes all of it to an open file, interrupted or not; false where that fails. Async-signal-safe.
bool write_all(int descriptor, std::span<const std::byte> bytes) noexcept;
bool write_all(int descriptor, std::string_view text) noexcept;

/// Writes a file anew; 0, or the errno. Async-signal-safe.
int write_file_safely(const char* path, std::span<const std::byte> bytes) noexcept;

}  // namespace poolhammer::fuzz
