#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "record/log_format.hpp"

namespace poolhammer {

/// The log of one process, as the preload library left it, whatever ended the process.
class LogFile {
 public:
  /// Opens a log and checks its header. Nothing where the process ended before its log had one.
  /// Throws InputError where the file cannot be read, is no log, or is shorter than its header says.
  [[nodiscard]] static std::optional<LogFile> open(const std::filesystem::path& path);

  [[nodiscard]] const log::Header& header() const { return header_; }

  /// Calls `use` for each event in order, with its offset in the file. Throws InputError at an event that no
  /// library of this version writes.
  void for_each(const std::function<void(const log::Event& event, std::uint64_t offset)>& use);

  /// Throws InputError: "FILE: WHAT".
  [[noreturn]] void fail(const std::string& what) const;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  explicit LogFile(const std::filesystem::path& path);
  [[noreturn]] void fail_at(std::uint64_t offset, const std::string& what) const;

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  log::Header header_;
};

}  // namespace poolhammer
