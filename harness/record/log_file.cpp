#include "harness/record/log_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "harness/base/format_error.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t last_kind = static_cast<std::uint64_t>(log::EventKind::aligned);

// What every event of this version satisfies: enough to tell an event from bytes that were never one.
bool plausible(const log::Event& event) {
  const auto kind = static_cast<std::uint64_t>(event.kind);
  const bool zeros = std::ranges::all_of(event.zero, [](std::uint8_t byte) { return byte == 0; });
  return kind >= 1 && kind <= last_kind && zeros && event.thread != 0;
}

}  // namespace

LogFile::LogFile(const std::filesystem::path& path) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
  if (!file_) throw InputError(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
}

std::optional<LogFile> LogFile::open(const std::filesystem::path& path) {
  LogFile log(path);
  log::Header& header = log.header_;
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) throw InputError(fmt::format("{}: cannot be read: {}", path.string(), error.message()));
  // The file is created, then grown by its first window, then the header is filled in, its magic last.
  if (size == 0) return std::nullopt;
  const std::size_t got = std::fread(&header, 1, sizeof header, log.file_.get());
  if (got < sizeof header) log.fail_at(got, fmt::format("expected a header of {} bytes", sizeof header));
  if (header.magic == 0 && header.events == 0) return std::nullopt;
  if (header.magic != log::magic) log.fail_at(0, "expected the log of a recorded process");
  if (header.version != log::version) {
    log.fail_at(8, fmt::format("expected version {}, found {}", log::version, header.version));
  }
  if (header.program[sizeof header.program - 1] != '\0') {
    log.fail_at(offsetof(log::Header, program), "expected a path that ends in a zero");
  }
  const std::uint64_t whole = (size - sizeof header) / sizeof(log::Event);
  if (header.events > whole) {
    log.fail_at(size,
                fmt::format("the log is cut short: expected {} events, found {}", header.events, whole));
  }
  return log;
}

void LogFile::for_each(const std::function<void(const log::Event&, std::uint64_t)>& use) {
  std::vector<log::Event> batch(4096);
  std::uint64_t offset = sizeof header_;
  for (std::uint64_t left = header_.events; left != 0;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, batch.size()));
    if (std::fread(batch.data(), sizeof(log::Event), wanted, file_.get()) != wanted) {
      fail_at(offset, "the log cannot be read further");
    }
    for (std::size_t i = 0; i < wanted; ++i, offset += sizeof(log::Event)) {
      if (!plausible(batch[i])) fail_at(offset, "the log is damaged: expected an event");
      use(batch[i], offset);
    }
    left -= wanted;
  }
}

void LogFile::fail(const std::string& what) const {
  throw InputError(fmt::format("{}: {}", path_.string(), what));
}

void LogFile::fail_at(std::uint64_t offset, const std::string& what) const {
  fail(fmt::format("offset {}: {}", offset, what));
}

}  // namespace poolhammer
