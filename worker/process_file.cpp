#include "worker/process_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace poolhammer::worker {

std::uint64_t bytes_in_file(const char* path, std::string_view key) {
  std::array<char, 8192> text{};
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text.data(), text.size());
  close(file);
  const std::string_view all(text.data(), length < 0 ? 0 : static_cast<std::size_t>(length));
  const std::size_t line = all.find(key);
  if (line == std::string_view::npos) return 0;
  const std::size_t digits = all.find_first_of("0123456789", line);
  std::uint64_t kib = 0;
  if (digits != std::string_view::npos) std::from_chars(all.data() + digits, all.data() + all.size(), kib);
  return kib << 10U;
}

}  // namespace poolhammer::worker
