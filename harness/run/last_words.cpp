#include "harness/run/last_words.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <span>

#include "harness/run/runner.hpp"
#include "harness/trace/binary.hpp"

// Of a sanitizer's runtime, where there is one.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace poolhammer {
namespace {

// What the handlers below may look at. They run in a dying process: no locks, no allocation.
struct Prepared {
  std::span<const std::byte> bytes;
  const char* file = nullptr;
  const char* command = nullptr;
};
Prepared prepared;

bool write_all(int descriptor, const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(descriptor, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

void say(std::string_view text) {
  static_cast<void>(write_all(STDERR_FILENO, text.data(), text.size()));
}

void say_number(std::size_t number) {
  std::array<char, 24> digits{};
  std::size_t begin = digits.size();
  do {
    digits[--begin] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  say({&digits[begin], digits.size() - begin});
}

// The step in the words of a Finding.
void say_step() {
  const RunningStep& step = running_step();
  if (step.trace == nullptr) return;
  if (step.index >= step.trace->operations.size()) {
    say("  behind the last of ");
    say_number(step.index);
    return say(" operations\n");
  }
  say("  at operation ");
  say_number(step.index);
  const Operation& operation = step.trace->operations[step.index];
  say(": ");
  say(word(operation.kind));
  const auto say_member = [](std::uint64_t number) {
    say(" ");
    say_number(number);
  };
  if (operation.has_slot()) say_member(operation.slot);
  if (operation.has_count()) say_member(operation.count);
  if (operation.has_size()) say_member(operation.size);
  say("\n");
}

void say_debugger() {
  const RunningStep& step = running_step();
  if (step.trace == nullptr || !std::string_view(prepared.command).starts_with("poolhammer replay ")) return;
  say("  debug:    ");
  say(debugger_words);
  say(prepared.command);
  say(" ");
  say(stop_at_word);
  say(" ");
  say_number(step.index);
  say("\n");
}

void leave_trace(std::string_view finding) {
  if (prepared.command == nullptr) return;
  say("FINDING: ");
  say(finding);
  say("\n");
  say_step();
  say_debugger();
  if (!prepared.bytes.empty()) {
    const int descriptor = open(prepared.file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0 || !write_all(descriptor, prepared.bytes.data(), prepared.bytes.size())) {
      say("poolhammer: ");
      say(prepared.file);
      say(": the trace could not be written\n");
    }
    if (descriptor >= 0) close(descriptor);
  }
  say(prepared.command);
  say("\n");
  prepared.command = nullptr;
}

void on_death() {
  leave_trace("crash");
}

void on_signal(int signal) {
  if (prepared.command != nullptr) {
    if (signal == SIGALRM) {
      leave_trace("hang");
    } else {
      say("killed by signal ");
      say_number(static_cast<std::size_t>(signal));
      say("\n");
      leave_trace("crash");
    }
    _exit(1);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// A stack that overflowed cannot run a handler.
void have_a_second_stack() {
  static std::array<char, 1U << 16U> stack;
  stack_t present{};
  if (sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  const stack_t ours = {.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  sigaltstack(&ours, nullptr);
}

// A signal that somebody handles is left to them: a sanitizer reports a bad access with its stack, and then
// calls back.
void handle(int signal) {
  struct sigaction present {};
  if (sigaction(signal, nullptr, &present) != 0) return;
  if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != SIG_DFL) return;
  struct sigaction action {};
  action.sa_handler = &on_signal;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigaction(signal, &action, nullptr);
}

void install() {
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(&on_death);
  have_a_second_stack();
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGALRM}) handle(signal);
}

}  // namespace

std::string shell_word(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,/:@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string replay_command(std::string_view file, std::string_view subject, std::string_view options) {
  const std::string name =
      file.starts_with('-') && file != "-" ? "./" + std::string(file) : std::string(file);
  std::string command = "poolhammer replay " + shell_word(name);
  if (!subject.empty()) command += " --subject " + shell_word(subject);
  if (!options.empty()) command += " " + std::string(options);
  return command;
}

std::string finding_file_name(const Trace& trace) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;  // FNV-1a
  for (const std::byte byte : encode(trace)) {
    // Wrapping is meant, where an unsigned-overflow sanitizer would object to *.
    static_cast<void>(
        __builtin_mul_overflow(hash ^ std::to_integer<std::uint64_t>(byte), 0x0000'0100'0000'01B3U, &hash));
  }
  return fmt::format("finding-{:016x}.trace", hash);
}

LastWords::LastWords(std::string prefix, std::string replay_options)
    : prefix_(std::move(prefix)), replay_options_(std::move(replay_options)) {
  install();
}

LastWords::~LastWords() {
  nothing();
}

void LastWords::about(const Trace& trace, std::string_view subject) {
  nothing();
  bytes_ = encode(trace);
  trace_bytes_ = bytes_.size();
  layout_ = trace.layout;
  file_ = file_for(trace);
  command_ = command_for(file_, trace, subject);
  prepared = {bytes_, file_.c_str(), command_.c_str()};
  alarm(hang_seconds_);
}

void LastWords::about_more(std::span<const Operation> more) {
  bytes_.resize(trace_bytes_ + more.size() * record_bytes);
  const std::span bytes(bytes_);
  encode_header(layout_, operations_in(bytes.size()), bytes.first<header_bytes>());
  for (std::size_t i = 0; i < more.size(); ++i) {
    encode_record(more[i], bytes.subspan(trace_bytes_ + i * record_bytes).first<record_bytes>());
  }
  prepared.bytes = bytes_;
}

void LastWords::about_file(const std::string& command) {
  nothing();
  command_ = command;
  prepared = {{}, nullptr, command_.c_str()};
  alarm(hang_seconds_);
}

void LastWords::nothing() {
  alarm(0);
  prepared = {};
}

std::string LastWords::command_for(const std::string& file, const Trace& trace,
                                   std::string_view subject) const {
  const bool named_by_trace = subject == "pymalloc:" + std::string(word(trace.layout));
  return replay_command(file, named_by_trace ? "" : subject, replay_options_);
}

}  // namespace poolhammer
