#include "harness/trace/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/base/descriptor.hpp"
#include "harness/base/scan.hpp"
#include "harness/base/write_file.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/importer.hpp"
#include "harness/trace/limits.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

// Enough of a file to tell its form by.
constexpr std::size_t head_bytes = std::size_t{64} << 10U;

// Appends up to `most` bytes, to the end of the file at most; false at the end.
bool read_some(const Descriptor& file, std::string_view name, std::size_t most, std::string& bytes) {
  const std::size_t before = bytes.size();
  bytes.resize(before + most);
  ssize_t count = 0;
  do {
    count = ::read(file.number(), bytes.data() + before, most);
  } while (count < 0 && errno == EINTR);
  if (count < 0) fail_at_file(name, "cannot be read", errno);
  bytes.resize(before + static_cast<std::size_t>(count));
  return count > 0;
}

int open_for_reading(const std::filesystem::path& path, std::string_view name) {
  if (path == "-") return STDIN_FILENO;
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (number < 0) fail_at_file(name, "cannot be read", errno);
  return number;
}

// The size of a regular file, else 0. Directories and devices are refused: some of the latter never end.
std::uint64_t checked_size(const Descriptor& file, std::string_view name) {
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) fail_at_file(name, "cannot be read", errno);
  if (S_ISDIR(status.st_mode)) fail_at_file(name, "is a directory, expected a file with a trace");
  const bool is_device = S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
  if (is_device && ::isatty(file.number()) == 0) {
    fail_at_file(name, "is a device, expected a file with a trace");
  }
  if (!S_ISREG(status.st_mode)) return 0;
  const auto size = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
  if (size > max_file_bytes) {
    fail_at_file(name, fmt::format("expected a file of at most {} bytes, found {}", max_file_bytes, size));
  }
  return size;
}

std::string unknown_form_hint() {
  std::string hint = "a trace is in binary or text form, or a log of ";
  const std::vector<Importer>& all = importers();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) hint += i + 1 < all.size() ? ", " : " or ";
    hint += all[i].meaning;
  }
  return hint + "; a fuzzing engine's raw input is read with --raw";
}

TraceFormat detected(std::string_view head, std::string_view name) {
  if (head.empty()) {
    fail_at_file(name, fmt::format("expected a trace, found an empty file; {}", unknown_form_hint()));
  }
  const auto format = detect_format(head);
  if (format) return *format;
  Lines lines(head);
  static_cast<void>(lines.next());
  fail_at_file(name, fmt::format("line 1: expected a trace, found {}; {}", in_quotes(lines.line()),
                                 unknown_form_hint()));
}

TraceFile parse(std::string_view bytes, TraceFormat format) {
  const auto binary = std::as_bytes(std::span(bytes));
  TraceFile file;
  file.format = format;
  if (format == TraceFormat::binary) {
    file.trace = parse_binary(binary);
  } else if (format == TraceFormat::text) {
    file.trace = parse_text(bytes);
  } else if (format == TraceFormat::raw) {
    if (operations_in(bytes.size()) > max_operations) {
      throw FormatError(fmt::format("offset {}: expected at most {} operations, found more",
                                    encoded_bytes(max_operations), max_operations));
    }
    file.trace = decode(binary);
  } else {
    const Importer* const importer = importer_named(word(format));
    assert(importer != nullptr);
    Imported imported = importer->parse(bytes);
    file.trace = std::move(imported.trace);
    file.report = imported.report;
  }
  return file;
}

// Reads the head first: a large file that is no trace is refused before it fills the memory.
TraceFile read_open_file(const Descriptor& file, std::string_view name, TraceFormat wanted) {
  const std::uint64_t size = checked_size(file, name);
  std::string bytes;
  bool more = true;
  while (more && bytes.size() < head_bytes) more = read_some(file, name, head_bytes - bytes.size(), bytes);
  const TraceFormat format = wanted == TraceFormat::automatic ? detected(bytes, name) : wanted;

  constexpr std::size_t chunk = std::size_t{1} << 20U;
  bytes.reserve(static_cast<std::size_t>(size) + chunk);
  while (more) {
    more = read_some(file, name, chunk, bytes);
    if (bytes.size() > max_file_bytes) {
      fail_at_file(name, fmt::format("expected at most {} bytes, found more", max_file_bytes));
    }
  }
  try {
    return parse(bytes, format);
  } catch (const FormatError& error) {
    // A fuzzing engine keeps the magic bytes more often than it keeps the rest.
    const bool guessed_binary = wanted == TraceFormat::automatic && format == TraceFormat::binary;
    fail_at_file(name,
                 fmt::format("{}{}", error.what(),
                             guessed_binary ? "; a fuzzing engine's raw input is read with --raw" : ""));
  }
}

}  // namespace

TraceFile read_trace_file(const std::filesystem::path& path, TraceFormat format) {
  const std::string name = path == "-" ? "standard input" : shown(path);
  const Descriptor file(open_for_reading(path, name));
  try {
    return read_open_file(file, name, format);
  } catch (const std::bad_alloc&) {
    fail_at_file(name, "the trace does not fit into the memory");
  }
}

Trace read_trace(const std::filesystem::path& path, TraceFormat format) {
  return read_trace_file(path, format).trace;
}

void write_trace(const std::filesystem::path& path, const Trace& trace, TraceFormat format) {
  assert(format == TraceFormat::binary || format == TraceFormat::text);
  if (format == TraceFormat::text) return write_file(path, to_text(trace));
  const std::vector<std::byte> bytes = encode(trace);
  write_file(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace poolhammer
