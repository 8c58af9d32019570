#include "harness/run/last_words.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <span>

#include "allocator/poison.hpp"
#include "harness/run/runner.hpp"
#include "harness/trace/binary.hpp"

#if defined(PYMALLOC_ADDRESS_SANITIZER) || defined(__SANITIZE_THREAD__)
#define POOLHAMMER_SANITIZER 1
#include <sanitizer/common_interface_defs.h>
#endif

namespace poolhammer {
namespace {

// What the handlers below may look at. They run in a dying process: no locks, no allocation.
struct Prepared {
  std::span<const std::byte> bytes;
  const char* file = nullptr;
  const char* command = nullptr;
};
Prepared prepared;

void write_all(int descriptor, const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(descriptor, bytes, size);
    if (written <= 0) return;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
}

void say(std::string_view text) {
  write_all(STDERR_FILENO, text.data(), text.size());
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

void leave_trace() {
  if (prepared.command == nullptr) return;
  say("FINDING: crash\n  at operation ");
  say_number(running_step().index);
  say("\n");
  if (!prepared.bytes.empty()) {
    const int descriptor = open(prepared.file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) {
      say("the trace could not be written to ");
      say(prepared.file);
      say("\n");
    } else {
      write_all(descriptor, prepared.bytes.data(), prepared.bytes.size());
      close(descriptor);
    }
  }
  say(prepared.command);
  say("\n");
  prepared.command = nullptr;
}

void on_signal(int signal) {
  if (prepared.command != nullptr) {
    say("killed by signal ");
    say_number(static_cast<std::size_t>(signal));
    say("\n");
    leave_trace();
    _exit(1);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void handle(int signal) {
  struct sigaction action {};
  action.sa_handler = &on_signal;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigaction(signal, &action, nullptr);
}

// Sanitizers report bad accesses themselves, with a stack, and then call back; an abort they leave to us.
void install() {
  handle(SIGABRT);
#ifdef POOLHAMMER_SANITIZER
  __sanitizer_set_death_callback(&leave_trace);
#else
  static std::array<char, 1U << 16U> stack;
  const stack_t alternative = {.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  sigaltstack(&alternative, nullptr);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) handle(signal);
#endif
}

[[nodiscard]] std::string quoted(std::string_view word) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,/:@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) return std::string(word);
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

std::string replay_command(std::string_view file, std::string_view subject, bool raw) {
  const std::string name =
      file.starts_with('-') && file != "-" ? "./" + std::string(file) : std::string(file);
  std::string command = "poolhammer replay " + quoted(name);
  if (raw) command += " --raw";
  if (!subject.empty()) command += " --subject " + quoted(subject);
  return command;
}

std::string finding_file_name(const Trace& trace) {
  std::uint64_t hash = 0xCBF2'9CE4'8422'2325U;  // FNV-1a
  for (const std::byte byte : encode(trace))
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 0x0000'0100'0000'01B3U;
  return fmt::format("finding-{:016x}.trace", hash);
}

LastWords::LastWords(std::string prefix) : prefix_(std::move(prefix)) {
  install();
}

LastWords::~LastWords() {
  nothing();
}

void LastWords::about(const Trace& trace, std::string_view subject) {
  nothing();
  bytes_ = encode(trace);
  file_ = file_for(trace);
  command_ = command_for(file_, trace, subject);
  prepared = {bytes_, file_.c_str(), command_.c_str()};
}

void LastWords::about_file(const std::string& command) {
  nothing();
  command_ = command;
  prepared = {{}, nullptr, command_.c_str()};
}

void LastWords::nothing() {
  prepared = {};
}

std::string LastWords::command_for(const std::string& file, const Trace& trace,
                                   std::string_view subject) const {
  const bool named_by_trace = subject == "pymalloc:" + std::string(word(trace.layout));
  return replay_command(file, named_by_trace ? "" : subject);
}

}  // namespace poolhammer
