#include "preload/report.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "allocator/invariants/check.hpp"
#include "allocator/statistics/statistics.hpp"

namespace poolhammer::preload {
namespace {

/// In one piece, so that the lines of processes that share a file stay whole.
void write_to(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void append_to_file(const Settings& settings, std::string_view text) noexcept {
  const char* const path = settings.statistics_file.data();
  const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    dprintf(settings.stderr_at_start.descriptor(), "pymalloc: cannot write the statistics to %s\n", path);
    return;
  }
  write_to(file, text);
  close(file);
}

[[nodiscard]] bool has_file(const Settings& settings) noexcept {
  return settings.statistics_file.front() != '\0';
}

[[nodiscard]] std::string introduction() {
  return "pymalloc: process " + std::to_string(getpid()) + " (" + program_invocation_short_name + "): ";
}

/// Text as a JSON string (RFC 8259). Bytes that are no ASCII become question marks: the name of a program
/// need not be UTF-8.
[[nodiscard]] std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c >= ' ' && c <= '~' ? c : '?';
  }
  return result + "\"";
}

using Figure = std::pair<std::string_view, std::uint64_t>;
[[nodiscard]] std::array<Figure, 6> figures_of(const Counts& counts) {
  return {{{"small_allocations", counts.small_allocations},
           {"large_allocations", counts.large_allocations},
           {"reallocations", counts.reallocations},
           {"frees", counts.frees},
           {"checks", counts.checks},
           {"checks_given_up", counts.checks_given_up}}};
}

/// One line. `rest` are further members.
[[nodiscard]] std::string json_line(const Counts& counts, const std::string& rest) {
  std::string text =
      "{\"process\":" + std::to_string(getpid()) + ",\"program\":" + quoted(program_invocation_short_name);
  for (const auto& [name, value] : figures_of(counts))
    text.append(",\"").append(name).append("\":").append(std::to_string(value));
  return text + "," + rest + "}\n";
}

[[nodiscard]] std::string text_lines(const Counts& counts, const std::string& rest) {
  std::string text = introduction() + "statistics\n";
  for (const auto& [name, value] : figures_of(counts))
    text.append(name).append(" ").append(std::to_string(value)).append("\n");
  return text + rest + "\n";
}

}  // namespace

void report_damage(const Settings& settings, const Counts& counts,
                   const pymalloc::Violation& violation) noexcept {
  const int descriptor = settings.stderr_at_start.descriptor();
  try {
    const std::string what = to_string(violation);
    write_to(descriptor, introduction() + "damaged heap, found at operation " +
                             std::to_string(counts.operations()) + ": " + what + "\n");
    if (has_file(settings)) append_to_file(settings, json_line(counts, "\"damage\":" + quoted(what)));
  } catch (const std::bad_alloc&) {
    write_to(descriptor, "pymalloc: damaged heap: ");
    write_to(descriptor, violation.invariant);
    write_to(descriptor, "\n");
  }
}

void report_statistics(const Settings& settings, const Counts& counts,
                       const pymalloc::HeapState<Layout>& heap) noexcept {
  if (!settings.statistics_to_stderr && !has_file(settings)) return;
  try {
    std::string text;
    std::string json;
    if (const pymalloc::Check violation = pymalloc::check(heap)) {
      text = "damaged heap: " + to_string(*violation) + "\n";
      json = "\"damage\":" + quoted(to_string(*violation));
    } else {
      const pymalloc::Statistics statistics = pymalloc::gather(heap);
      text = to_text(statistics);
      json = "\"heap\":" + to_json(statistics);
    }
    if (settings.statistics_to_stderr)
      write_to(settings.stderr_at_start.descriptor(), text_lines(counts, text));
    if (has_file(settings)) append_to_file(settings, json_line(counts, json));
  } catch (const std::bad_alloc&) {
    write_to(settings.stderr_at_start.descriptor(), "pymalloc: no memory for the statistics\n");
  }
}

}  // namespace poolhammer::preload
