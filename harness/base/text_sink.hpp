#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace poolhammer {

/// Where text is written piece by piece. Whether memory is allocated is up to the sink: wordings that a dying
/// process shares with a living one are functions of a TextSink.
class TextSink {
 public:
  TextSink() = default;
  TextSink(const TextSink&) = delete;
  TextSink& operator=(const TextSink&) = delete;
  virtual ~TextSink() = default;

  virtual void write(std::string_view text) = 0;

  TextSink& operator<<(std::string_view text) {
    write(text);
    return *this;
  }
  TextSink& operator<<(std::uint64_t number);
  /// All 16 hexadecimal digits.
  TextSink& hexadecimal(std::uint64_t number);
  /// As one word of a shell's command line, quoted where it must be.
  TextSink& shell_word(std::string_view word);
};

/// Text in a fixed buffer, for a process that is dying: no memory is allocated, no lock is taken. What does
/// not fit is left out.
class SafeText final : public TextSink {
 public:
  void write(std::string_view text) override;

  [[nodiscard]] std::string_view view() const { return {buffer_.data(), length_}; }
  /// The last byte of the buffer is never written: the text ends in a zero.
  [[nodiscard]] const char* c_str() const { return buffer_.data(); }

 private:
  std::array<char, 8192> buffer_ = {};
  std::size_t length_ = 0;
};

/// Text in a string.
class StringText final : public TextSink {
 public:
  void write(std::string_view text) override { text_ += text; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Writes all of it to an open file, interrupted or not; false where that fails. Async-signal-safe.
bool write_all(int descriptor, std::span<const std::byte> bytes) noexcept;
bool write_all(int descriptor, std::string_view text) noexcept;

/// Writes a file anew; 0, or the errno. Async-signal-safe.
int write_file_safely(const char* path, std::span<const std::byte> bytes) noexcept;

}  // namespace poolhammer
