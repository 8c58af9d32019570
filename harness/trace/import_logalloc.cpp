#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "harness/base/format_error.hpp"
#include "harness/base/scan.hpp"
#include "harness/trace/import_builder.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view call_expected = "a call ('PID [TID] FUNCTION(ARGUMENTS)=BLOCK')";

enum class Role { malloc, calloc, realloc, free, aligned, page_aligned, statistics };

struct Function {
  std::string_view name;
  Role role;
  std::size_t arguments;
};

constexpr std::array<Function, 9> functions = {{
    {"malloc", Role::malloc, 1},
    {"calloc", Role::calloc, 2},
    {"realloc", Role::realloc, 2},
    {"free", Role::free, 1},
    {"memalign", Role::aligned, 2},
    {"aligned_alloc", Role::aligned, 2},
    {"posix_memalign", Role::aligned, 2},
    {"valloc", Role::page_aligned, 1},
    {"jemalloc_stats", Role::statistics, 0},
}};

constexpr bool returns_block(Role role) {
  return role != Role::free && role != Role::statistics;
}

// Blocks are addresses in a raw log and #NUMBER in a munged one, where #0 is the null pointer.
std::optional<std::uint64_t> parse_block(std::string_view text) {
  return text.starts_with('#') ? parse_decimal(text.substr(1)) : parse_address(text);
}

// A line taken apart, as text.
struct Call {
  std::uint64_t process = 0;
  const Function* function = nullptr;
  std::array<std::string_view, 2> arguments;
  std::string_view block;
};

// The arguments between the parentheses, as many as the function has; false where there are more or fewer.
bool split_arguments(std::string_view text, Call& call) {
  const std::size_t wanted = call.function->arguments;
  if (wanted == 0) return trimmed(text).empty();
  if (static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) != wanted - 1) return false;
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t comma = text.find(',');
    call.arguments[i] = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return true;
}

std::optional<Call> parse_call(std::string_view line) {
  std::string_view rest = line;
  Call call;
  const auto process = parse_decimal(take_field(rest));
  if (!process) return std::nullopt;
  call.process = *process;
  std::string_view behind_thread = rest;
  if (parse_decimal(take_field(behind_thread))) rest = behind_thread;

  const std::size_t open = rest.find('(');
  const std::size_t close = rest.find(')', open == std::string_view::npos ? rest.size() : open);
  if (close == std::string_view::npos) return std::nullopt;
  // The null pointer that %p makes, (nil), has parentheses of its own.
  const bool inner = rest.substr(open + 1).find('(') < close - open - 1;
  const std::size_t end = inner ? rest.find(')', close + 1) : close;
  if (end == std::string_view::npos) return std::nullopt;

  const std::string_view name = trimmed(rest.substr(0, open));
  const auto function = std::find_if(functions.begin(), functions.end(),
                                     [name](const Function& candidate) { return candidate.name == name; });
  if (function == functions.end()) return std::nullopt;
  call.function = &*function;
  if (!split_arguments(rest.substr(open + 1, end - open - 1), call)) return std::nullopt;

  const std::string_view tail = trimmed(rest.substr(end + 1));
  if (!returns_block(function->role)) return tail.empty() ? std::optional(call) : std::nullopt;
  if (!tail.starts_with('=')) return std::nullopt;
  call.block = trimmed(tail.substr(1));
  return call;
}

class LogallocReader {
 public:
  explicit LogallocReader(std::string_view text) : lines_(text) {}

  [[nodiscard]] Imported read() {
    while (lines_.next()) read_line();
    return builder_.finish();
  }

 private:
  void read_line() {
    const std::string_view line = trimmed(lines_.line());
    if (line.empty()) return;
    const auto call = parse_call(line);
    if (call) check_process(call->process);
    builder_.at_line(lines_.number());
    if (call && replay(*call)) return;
    // The last line of a log whose process was killed may end anywhere.
    if (lines_.terminated() || !process_) fail_at_line(lines_.number(), call_expected, line);
    builder_.incomplete_call();
  }

  void check_process(std::uint64_t process) {
    if (!process_) {
      process_ = process;
      first_line_ = lines_.number();
    }
    if (process == *process_) return;
    throw FormatError(
        fmt::format("line {0}: expected process {1} as in line {2}, found {3}; a trace is one process: grep "
                    "'^{1} ' parts the log",
                    lines_.number(), *process_, first_line_, process));
  }

  // False where an argument is not a number or the block is not a block.
  [[nodiscard]] bool replay(const Call& call) {
    const std::string_view first = call.arguments[0];
    const std::string_view second = call.arguments[1];
    const Role role = call.function->role;
    if (role == Role::statistics) return true;
    const auto block = parse_block(role == Role::free ? first : call.block);
    if (!block) return false;
    if (role == Role::free) {
      builder_.free(*block);
      return true;
    }
    const auto subject = role == Role::realloc ? parse_block(first) : parse_decimal(first);
    const auto size = call.function->arguments == 2 ? parse_decimal(second) : subject;
    if (!subject || !size) return false;
    allocate(role, *block, *subject, *size);
    return true;
  }

  // `subject` is the old block, the number of elements or the alignment.
  void allocate(Role role, std::uint64_t block, std::uint64_t subject, std::uint64_t size) {
    switch (role) {
      case Role::malloc:
        return builder_.malloc(block, size);
      case Role::calloc:
        return builder_.calloc(block, subject, size);
      case Role::realloc:
        return builder_.realloc(subject, block, size);
      default:
        return builder_.aligned_malloc(block, size);
    }
  }

  Lines lines_;
  ImportBuilder builder_;
  std::optional<std::uint64_t> process_;
  std::size_t first_line_ = 0;
};

// A process, perhaps a thread, then FUNCTION(.
bool begins_like_logalloc(std::string_view head) {
  Lines lines(head);
  while (lines.next()) {
    std::string_view rest = lines.line();
    std::string_view field = take_field(rest);
    if (field.empty()) continue;
    if (!parse_decimal(field)) return false;
    field = take_field(rest);
    if (parse_decimal(field)) field = take_field(rest);
    const std::size_t name_end = field.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
    return name_end != 0 && name_end != std::string_view::npos && field[name_end] == '(';
  }
  return false;
}

/// Logs of Mozilla's logalloc, raw (`=0x7f...`) or munged (`=#1`), with or without a thread id.
const ImporterRegistration registration({
    .word = "logalloc",
    .meaning = "Mozilla's logalloc",
    .recognises = &begins_like_logalloc,
    .parse = [](std::string_view text) { return LogallocReader(text).read(); },

});

}  // namespace

}  // namespace poolhammer
