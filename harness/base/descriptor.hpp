#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace poolhammer {

/// Owns an open file, unless that is a standard stream.
class Descriptor {
 public:
  /// `number` is negative where opening failed.
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { static_cast<void>(close()); }

  [[nodiscard]] int number() const { return number_; }

  /// 0, or errno: some file systems tell only here that a write failed.
  [[nodiscard]] int close() {
    const int number = std::exchange(number_, -1);
    if (number <= STDERR_FILENO) return 0;
    return ::close(number) == 0 ? 0 : errno;
  }

 private:
  int number_;
};

/// The name of a file as messages show it: on one line, whatever bytes it has.
[[nodiscard]] std::string shown(const std::filesystem::path& path);

/// Throws InputError "NAME: WHAT".
[[noreturn]] void fail_at_file(std::string_view name, std::string_view what);

/// Throws InputError "NAME: WHAT: the system's words for `error`".
[[noreturn]] void fail_at_file(std::string_view name, std::string_view what, int error);

}  // namespace poolhammer
