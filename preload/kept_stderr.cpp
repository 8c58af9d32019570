#include "preload/kept_stderr.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace poolhammer::preload {

void KeptStderr::keep() noexcept {
  constexpr int unexpected = 1000;
  duplicate_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, unexpected);
  file_ = interpose::FileIdentity::of(duplicate_);
}

int KeptStderr::descriptor() const noexcept {
  return file_.is_still(duplicate_) ? duplicate_ : STDERR_FILENO;
}

}  // namespace poolhammer::preload
