#include "harness/process/descendants.hpp"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>

namespace poolhammer {

bool kill_children() {
  const int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  std::array<char, 512> buffer{};
  pid_t process = 0;
  ssize_t length = 0;
  while ((length = read(file, buffer.data(), buffer.size())) > 0) {
    for (std::size_t index = 0; index < static_cast<std::size_t>(length); ++index) {
      const char c = buffer[index];
      if (c >= '0' && c <= '9') {
        process = process * 10 + (c - '0');
        continue;
      }
      if (process > 0) kill(process, SIGKILL);
      process = 0;
    }
  }
  close(file);
  return true;
}

}  // namespace poolhammer
