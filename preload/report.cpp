#include "preload/report.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

namespace poolhammer::preload {
namespace {

/// In one piece, so that the lines of processes that share the file stay together.
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
  if (*path == '\0') return;
  const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    dprintf(settings.stderr_at_start.descriptor(), "pymalloc: cannot write the statistics to %s\n", path);
    return;
  }
  write_to(file, text);
  close(file);
}

/// Text of limited length that needs no allocator. What does not fit is left out.
class Page {
 public:
  Page() noexcept {
    add("pymalloc: process ");
    add(static_cast<std::uint64_t>(getpid()));
    add(" (");
    add(program_invocation_short_name);
    add("): ");
  }
  void add(std::string_view part) noexcept { used_ += part.copy(text_.data() + used_, text_.size() - used_); }
  void add(std::uint64_t number) noexcept {
    std::array<char, 20> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    add(std::string_view(digits.data(), end));
  }
  void add_figure(std::string_view name, std::uint64_t value) noexcept {
    add("  ");
    add(name);
    add(" ");
    add(value);
    add("\n");
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), used_}; }

 private:
  std::array<char, 4096> text_{};
  std::size_t used_ = 0;
};

}  // namespace

void report(const Settings& settings, const Counts& counts, const pymalloc::Violation& violation) noexcept {
  Page page;
  page.add("damaged heap, found at operation ");
  page.add(counts.operations());
  page.add(": ");
  try {
    page.add(to_string(violation));
  } catch (const std::exception&) {  // no memory for words
    page.add(violation.invariant);
  }
  page.add("\n");
  write_to(settings.stderr_at_start.descriptor(), page.text());
  append_to_file(settings, page.text());
}

void report(const Settings& settings, const Counts& counts, const pymalloc::Totals& totals,
            const pymalloc::ArenaEvents& arenas) noexcept {
  Page page;
  page.add("statistics\n");
  page.add_figure("small-allocations", counts.small_allocations);
  page.add_figure("large-allocations", counts.large_allocations);
  page.add_figure("reallocations", counts.reallocations);
  page.add_figure("frees", counts.frees);
  page.add_figure("checks", counts.checks);
  page.add_figure("checks-given-up", counts.checks_given_up);
  page.add_figure("blocks-in-use", totals.blocks);
  page.add_figure("bytes-in-use", totals.bytes);
  page.add_figure("pools-in-use", totals.pools);
  page.add_figure("arenas", totals.arenas);
  page.add_figure("arenas-most", arenas.most);
  page.add_figure("arenas-requested", arenas.requested);
  page.add_figure("arenas-refused", arenas.refused);
  page.add_figure("arenas-released", arenas.released);
  if (settings.statistics_to_stderr) write_to(settings.stderr_at_start.descriptor(), page.text());
  append_to_file(settings, page.text());
}

}  // namespace poolhammer::preload
