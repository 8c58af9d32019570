#include "harness/run/forked_runner.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/trace/binary.hpp"
#include "harness/trace/text.hpp"

// Of AddressSanitizer's runtime, where there is one.
extern "C" __attribute__((weak)) const char* __asan_get_report_description();
extern "C" __attribute__((weak)) int __asan_get_report_access_type();

namespace poolhammer {
namespace {

bool is_child = false;  ///< this process is one that ForkedRunner started

}  // namespace
}  // namespace poolhammer

/// AddressSanitizer calls this before its report. To name the functions of a stack, which nobody reads here,
/// takes longer than all else: a child ends with what tells errors apart.
extern "C" void __asan_on_error() {
  if (!poolhammer::is_child || __asan_get_report_description == nullptr) return;
  const auto say = [](std::string_view text) {
    static_cast<void>(!write(STDERR_FILENO, text.data(), text.size()));
  };
  say("ERROR: AddressSanitizer: ");
  say(__asan_get_report_description());
  say(__asan_get_report_access_type() == 0 ? "\nREAD of size any\n" : "\nWRITE of size any\n");
  _exit(1);
}

namespace poolhammer {
namespace {

bool send_all(int channel, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::byte*>(data);
  while (size > 0) {
    // Without a signal where the other side is gone.
    const ssize_t sent = send(channel, bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int channel, void* data, std::size_t size) {
  auto* bytes = static_cast<std::byte*>(data);
  while (size > 0) {
    const ssize_t received = recv(channel, bytes, size, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return false;
    bytes += received;
    size -= static_cast<std::size_t>(received);
  }
  return true;
}

/// A message is its length and its bytes.
bool send_message(int channel, std::span<const std::byte> bytes) {
  const std::uint64_t size = bytes.size();
  return send_all(channel, &size, sizeof size) && send_all(channel, bytes.data(), bytes.size());
}

[[nodiscard]] std::optional<std::vector<std::byte>> receive_message(int channel) {
  std::uint64_t size = 0;
  if (!receive_all(channel, &size, sizeof size)) return std::nullopt;
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  if (!receive_all(channel, bytes.data(), bytes.size())) return std::nullopt;
  return bytes;
}

[[nodiscard]] std::string to_message(const std::optional<Finding>& finding) {
  if (!finding) return "null";
  const nlohmann::json json = {finding->oracle, finding->operation_index, finding->operation,
                               finding->where,  finding->expected,        finding->found};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

[[nodiscard]] std::optional<Finding> from_message(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  if (json.is_null()) return std::nullopt;
  return Finding{json[0], json[1], json[2], json[3], json[4], json[5]};
}

}  // namespace

ForkedRunner::ForkedRunner(Run run, ForkedOptions options)
    : run_(std::move(run)), options_(std::move(options)), shared_(sizeof(std::atomic<std::uint64_t>)) {}

ForkedRunner::~ForkedRunner() {
  end();
}

std::atomic<std::uint64_t>& ForkedRunner::step() const {
  return *reinterpret_cast<std::atomic<std::uint64_t>*>(shared_.bytes().data());
}

void ForkedRunner::start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error(fmt::format("no channel to a child: {}", std::strerror(errno)));
  channel_ = ends[0];
  try {
    child_ = std::make_unique<ChildProcess>([this, &ends] {
      close(ends[0]);
      is_child = true;
      serve(ends[1]);
      return 0;
    });
  } catch (...) {
    close(ends[1]);
    throw;
  }
  close(ends[1]);
  ++children_;
}

void ForkedRunner::end() {
  if (channel_ >= 0) close(std::exchange(channel_, -1));
  child_.reset();
}

void ForkedRunner::serve(int channel) {
  while (const auto bytes = receive_message(channel)) {
    const std::string answer = to_message(run_(decode(*bytes), step()));
    if (!send_message(channel, std::as_bytes(std::span(answer)))) break;
  }
}

bool ForkedRunner::ask(const Trace& trace) const {
  step().store(0);
  return send_message(channel_, encode(trace));
}

/// The channel can be read when an answer came, and when the child died.
ForkedRunner::Answer ForkedRunner::wait_for_answer() {
  child_->restart_time();
  while (true) {
    pollfd watched{channel_, POLLIN, 0};
    const int ready = poll(&watched, 1, ChildProcess::look_every_milliseconds);
    if (ready > 0) return Answer::came;
    if (ready < 0 && errno != EINTR) return Answer::none_came;
    if (options_.give_up && options_.give_up()) return Answer::given_up;
    if (child_->look(limits())) return Answer::none_came;
  }
}

ProcessLimits ForkedRunner::limits() const {
  // A subject of this process may hold as much as this process may.
  return {.time = options_.time, .resident_bytes = any_memory};
}

std::optional<std::string> ForkedRunner::read_answer() const {
  const auto bytes = receive_message(channel_);
  if (!bytes) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

std::optional<Finding> ForkedRunner::run(const Trace& trace) {
  if (child_ == nullptr) start();
  const Answer answer = ask(trace) ? wait_for_answer() : Answer::none_came;
  if (answer == Answer::given_up) {
    end();
    return std::nullopt;
  }
  const auto text = answer == Answer::came ? read_answer() : std::nullopt;
  if (!text) return death(trace);
  std::optional<Finding> finding = from_message(*text);
  if (finding && options_.fresh_after_finding) end();
  return finding;
}

Finding ForkedRunner::death(const Trace& trace) {
  const ProcessEnd died = child_->wait(limits());
  end();
  if (died.how == ProcessEnd::How::not_started)
    throw std::runtime_error(fmt::format("a child {}", to_string(died)));
  Finding finding;
  finding.oracle = died.how == ProcessEnd::How::hang ? "hang" : "crash";
  finding.operation_index =
      static_cast<std::size_t>(std::min<std::uint64_t>(step().load(), trace.operations.size()));
  finding.operation = finding.operation_index < trace.operations.size()
                          ? to_text(trace.operations[finding.operation_index], options_.own)
                          : std::string(finding_at_drain);
  finding.expected = "the program to go on";
  finding.found = how_it_died(died);
  return finding;
}

}  // namespace poolhammer
