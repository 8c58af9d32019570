#include <fmt/format.h>

#include <array>
#include <limits>
#include <optional>

#include "harness/base/format_error.hpp"
#include "harness/base/scan.hpp"
#include "harness/trace/import_builder.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

enum class Role { malloc, calloc, realloc, realloc_array, free, other };

// C++ operators are logged under their mangled names, of which there are many: new and delete, of one object
// and of arrays, sized, aligned and not throwing.
Role role_named(std::string_view name) {
  if (name == "malloc" || name == "memalign" || name == "aligned_alloc" || name == "posix_memalign" ||
      name == "valloc" || name == "pvalloc" || name.starts_with("_Znw") || name.starts_with("_Zna") ||
      name == "__builtin_new" || name == "__builtin_vec_new") {
    return Role::malloc;
  }
  if (name == "calloc") return Role::calloc;
  if (name == "realloc") return Role::realloc;
  if (name == "reallocarray") return Role::realloc_array;
  if (name == "free" || name == "cfree" || name == "free_sized" || name == "free_aligned_sized" ||
      name.starts_with("_Zdl") || name.starts_with("_Zda") || name == "__builtin_delete" ||
      name == "__builtin_vec_delete") {
    return Role::free;
  }
  return Role::other;
}

struct Call {
  Role role = Role::other;
  std::uint64_t block = 0;  // the one freed or reallocated
  std::uint64_t count = 0;  // of elements
  std::uint64_t size = 0;
  bool aligned = false;
};

std::string_view take_until(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

// Arguments have a label in some functions ("al 64, size 200", "size 64, al 64") and none in others ("4,16",
// "0x4D5").
std::optional<Call> parse_arguments(std::string_view name, std::string_view arguments) {
  Call call;
  call.role = role_named(name);
  if (call.role == Role::other) return call;
  std::array<std::uint64_t, 3> plain = {};
  std::size_t count = 0;
  while (!arguments.empty() && count < plain.size()) {
    std::string_view argument = take_until(arguments, ',');
    const std::string_view first = take_field(argument);
    const std::string_view second = take_field(argument);
    const auto value = parse_number(second.empty() ? first : second);
    if (!value) return std::nullopt;
    if (first == "al") {
      call.aligned = true;
    } else {
      plain[count++] = *value;
    }
  }
  switch (call.role) {
    case Role::malloc:
      call.size = plain[0];
      return count >= 1 ? std::optional(call) : std::nullopt;
    case Role::calloc:
      call.count = plain[0];
      call.size = plain[1];
      return count >= 2 ? std::optional(call) : std::nullopt;
    case Role::realloc:
      call.block = plain[0];
      call.size = plain[1];
      return count >= 2 ? std::optional(call) : std::nullopt;
    case Role::realloc_array:
      call.block = plain[0];
      if (__builtin_mul_overflow(plain[1], plain[2], &call.size)) {
        call.size = std::numeric_limits<std::uint64_t>::max();
      }
      return count >= 3 ? std::optional(call) : std::nullopt;
    default:
      call.block = plain[0];
      return count >= 1 ? std::optional(call) : std::nullopt;
  }
}

// Takes NAME(ARGUMENTS) off the front of `rest`; nothing, and `rest` as it was, where no call stands there.
std::optional<Call> take_call(std::string_view& rest) {
  constexpr std::string_view name_characters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  const std::size_t open = rest.find_first_not_of(name_characters);
  if (open == 0 || open == std::string_view::npos || rest[open] != '(') return std::nullopt;
  const std::size_t close = rest.find(')', open);
  if (close == std::string_view::npos) return std::nullopt;
  const auto call = parse_arguments(rest.substr(0, open), rest.substr(open + 1, close - open - 1));
  if (call) rest.remove_prefix(close + 1);
  return call;
}

// Takes " = ADDRESS" off the front of `rest`.
std::optional<std::uint64_t> take_result(std::string_view& rest) {
  constexpr std::string_view before = " = ";
  if (!rest.starts_with(before)) return std::nullopt;
  std::string_view behind = rest.substr(before.size());
  const auto block = parse_number(take_field(behind));
  if (block) rest = behind;
  return block;
}

// A line's part behind Valgrind's "--PID-- ".
struct Message {
  std::uint64_t process = 0;
  std::string_view text;
};

// The program's own output may stand in front of the mark, where it does not end in a newline.
std::optional<Message> find_message(std::string_view line) {
  constexpr std::size_t longest_number = 10;
  for (std::size_t at = line.find("--"); at != std::string_view::npos; at = line.find("--", at + 1)) {
    const std::string_view rest = line.substr(at + 2);
    const std::size_t digits = rest.substr(0, longest_number).find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos) continue;
    if (!rest.substr(digits).starts_with("-- ")) continue;
    const auto process = parse_decimal(rest.substr(0, digits));
    if (process) return Message{*process, rest.substr(digits + 3)};
  }
  return std::nullopt;
}

class ValgrindReader {
 public:
  explicit ValgrindReader(std::string_view text) : lines_(text) {}

  [[nodiscard]] Imported read() {
    while (lines_.next()) {
      if (const auto message = find_message(lines_.line())) read_message(*message);
    }
    if (pending_) builder_.incomplete_call();
    if (!process_) {
      throw FormatError(fmt::format(
          "line {}: expected calls such as '--PID-- malloc(SIZE) = ADDRESS' (from --trace-malloc=yes), found "
          "none in the whole file",
          lines_.number()));
    }
    return builder_.finish();
  }

 private:
  // Calls and their results: a result may follow in a later line, and a call that a replacement function
  // answers by another one (realloc to 0 bytes by free) stands before that in the same line, without a
  // result.
  void read_message(const Message& message) {
    std::string_view rest = message.text;
    while (true) {
      if (const auto call = take_call(rest)) {
        if (call->role == Role::other) {
          static_cast<void>(take_result(rest));
        } else {
          begin(*call, message.process);
        }
      } else if (const auto result = take_result(rest)) {
        if (process_ == message.process) end(*result);
      } else {
        return;
      }
    }
  }

  void begin(const Call& call, std::uint64_t process) {
    check_process(process);
    builder_.at_line(lines_.number());
    if (pending_) unanswered(*pending_);
    pending_.reset();
    if (call.role == Role::free) {
      builder_.free(call.block);
    } else {
      pending_ = call;
    }
  }

  // An allocation that was followed by the next call without a result: calloc, where the product overflows.
  void unanswered(const Call& call) {
    if (call.role == Role::malloc || call.role == Role::calloc) answered(call, 0);
  }

  void end(std::uint64_t block) {
    builder_.at_line(lines_.number());
    if (pending_) answered(*pending_, block);
    pending_.reset();
  }

  void answered(const Call& call, std::uint64_t block) {
    switch (call.role) {
      case Role::malloc:
        return call.aligned ? builder_.aligned_malloc(block, call.size) : builder_.malloc(block, call.size);
      case Role::calloc:
        return builder_.calloc(block, call.count, call.size);
      case Role::realloc:
      case Role::realloc_array:
        return builder_.realloc(call.block, block, call.size);
      default:
        return;
    }
  }

  void check_process(std::uint64_t process) {
    if (!process_) {
      process_ = process;
      first_line_ = lines_.number();
    }
    if (process == *process_) return;
    throw FormatError(
        fmt::format("line {}: expected process {} as in line {}, found {}; a trace is one process: "
                    "--log-file=NAME.%p parts them",
                    lines_.number(), *process_, first_line_, process));
  }

  Lines lines_;
  ImportBuilder builder_;
  std::optional<Call> pending_;  // whose result has not come yet
  std::optional<std::uint64_t> process_;
  std::size_t first_line_ = 0;
};

// A line that begins with ==PID== or --PID--.
bool looks_like_valgrind(std::string_view head) {
  Lines lines(head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    for (const std::string_view mark : {"==", "--"}) {
      if (!line.starts_with(mark)) continue;
      const std::size_t end = line.find(mark, mark.size());
      if (end != std::string_view::npos && parse_decimal(line.substr(mark.size(), end - mark.size())))
        return true;
    }
  }
  return false;
}

/// Output of Valgrind's tools under --trace-malloc=yes; other lines, such as the program's own output, are
/// passed over.
const ImporterRegistration registration({
    .word = "valgrind",
    .meaning = "Valgrind (--trace-malloc=yes)",
    .recognises = &looks_like_valgrind,
    .parse = [](std::string_view text) { return ValgrindReader(text).read(); },
    .passes_over_lines = true,
});

}  // namespace

}  // namespace poolhammer
