#include "harness/base/write_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>  // rename
#include <string>
#include <system_error>
#include <utility>

#include "harness/base/descriptor.hpp"

namespace poolhammer {
namespace {

void write_all(const Descriptor& file, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_at_file(name, "cannot be written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// A new file beside `target`, which takes its place at commit() and is removed without one.
class Replacement {
 public:
  Replacement(std::filesystem::path target, std::string_view name) : target_(std::move(target)) {
    constexpr int attempts = 100;  // names of that kind are left over by killed processes only
    int number = -1;
    for (int i = 0; i < attempts && number < 0; ++i) {
      path_ = target_;
      path_ += fmt::format(".{}-{}.part", ::getpid(), i);
      number = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (number < 0 && errno != EEXIST) break;
    }
    if (number < 0) fail_at_file(name, "cannot be written", errno);
    number_ = number;
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (!committed_) ::unlink(path_.c_str());
  }

  [[nodiscard]] int number() const { return number_; }

  /// Precondition: the file is closed.
  void commit(std::string_view name) {
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail_at_file(name, "cannot be written", errno);
    committed_ = true;
  }

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  int number_ = -1;
  bool committed_ = false;
};

void close_written(Descriptor& file, std::string_view name) {
  if (const int error = file.close(); error != 0) fail_at_file(name, "cannot be written", error);
}

void write_replacing(const std::filesystem::path& target, std::string_view bytes, std::string_view name) {
  Replacement replacement(target, name);
  Descriptor file(replacement.number());
  write_all(file, bytes, name);
  close_written(file, name);
  replacement.commit(name);
}

// A pipe or a device is no file to be replaced.
void write_in_place(const std::filesystem::path& path, std::string_view bytes, std::string_view name) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (file.number() < 0) fail_at_file(name, "cannot be written", errno);
  write_all(file, bytes, name);
  close_written(file, name);
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  if (path == "-") {
    write_all(Descriptor(STDOUT_FILENO), bytes, "standard output");
    return;
  }
  const std::string name = shown(path);
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) fail_at_file(name, "is a directory, expected a file to write");
  if (!std::filesystem::exists(status)) return write_replacing(path, bytes, name);
  if (!std::filesystem::is_regular_file(status)) return write_in_place(path, bytes, name);
  // Through a symbolic link, it is the file behind it that is replaced.
  const auto target = std::filesystem::canonical(path, error);
  write_replacing(error ? path : target, bytes, name);
}

}  // namespace poolhammer
