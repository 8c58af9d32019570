#include "harness/base/text_sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace poolhammer {

TextSink& TextSink::operator<<(std::uint64_t number) {
  std::array<char, 20> digits = {};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return *this << std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

TextSink& TextSink::hexadecimal(std::uint64_t number) {
  for (unsigned shift = 64; shift > 0; shift -= 4) {
    *this << std::string_view("0123456789abcdef").substr((number >> (shift - 4)) & 0xfU, 1);
  }
  return *this;
}

TextSink& TextSink::shell_word(std::string_view word) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./+=:,@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return *this << word;
  *this << "'";
  for (std::size_t i = 0; i < word.size(); ++i) *this << (word[i] == '\'' ? "'\\''" : word.substr(i, 1));
  return *this << "'";
}

void SafeText::write(std::string_view text) {
  const std::string_view fitting = text.substr(0, buffer_.size() - 1 - length_);
  std::ranges::copy(fitting, buffer_.begin() + static_cast<std::ptrdiff_t>(length_));
  length_ += fitting.size();
}

bool write_all(int descriptor, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool write_all(int descriptor, std::string_view text) noexcept {
  return write_all(descriptor, std::as_bytes(std::span(text)));
}

int write_file_safely(const char* path, std::span<const std::byte> bytes) noexcept {
  const int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return errno;
  const int error = write_all(descriptor, bytes) ? 0 : errno;
  return close(descriptor) == 0 || error != 0 ? error : errno;
}

}  // namespace poolhammer
