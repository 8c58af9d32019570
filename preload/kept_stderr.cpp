#include "preload/kept_stderr.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace poolhammer::preload {

void KeptStderr::keep() noexcept {
  constexpr int unexpected = 1000;
  struct stat file {};
  if (fstat(STDERR_FILENO, &file) != 0) return;
  duplicate_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, unexpected);
  device_ = file.st_dev;
  inode_ = file.st_ino;
}

int KeptStderr::descriptor() const noexcept {
  struct stat file {};
  const bool still_there =
      duplicate_ >= 0 && fstat(duplicate_, &file) == 0 && file.st_dev == device_ && file.st_ino == inode_;
  return still_there ? duplicate_ : STDERR_FILENO;
}

}  // namespace poolhammer::preload
