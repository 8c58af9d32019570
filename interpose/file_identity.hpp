#pragma once

#include <sys/stat.h>

namespace poolhammer::interpose {

/// Which file a descriptor led to: a program may close it, and get the same number for a file of its own.
/// Zero bytes are no file's.
class FileIdentity {
 public:
  /// That of an open descriptor; of none where it is closed.
  [[nodiscard]] static FileIdentity of(int descriptor) noexcept {
    struct stat file {};
    FileIdentity identity;
    if (fstat(descriptor, &file) != 0) return identity;
    identity.device_ = file.st_dev;
    identity.inode_ = file.st_ino;
    return identity;
  }

  /// Whether a descriptor leads to this file now.
  [[nodiscard]] bool is_still(int descriptor) const noexcept {
    const FileIdentity now = of(descriptor);
    return now.inode_ != 0 && now.device_ == device_ && now.inode_ == inode_;
  }

 private:
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace poolhammer::interpose
