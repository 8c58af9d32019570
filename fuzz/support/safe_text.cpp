#include "fuzz/support/safe_text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace poolhammer::fuzz {

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

}  // namespace poolhammer::fuzz
