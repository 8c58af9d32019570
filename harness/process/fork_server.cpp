#include "harness/process/fork_server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace poolhammer {

void ForkServer::Socket::reset(int descriptor) {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = descriptor;
}

ForkServer::ForkServer(ProcessCommand program, bool forks, std::chrono::milliseconds patience)
    : patience_(patience) {
  server_.emplace(with_socket(std::move(program), forks));
  // The server has its own copy: when it ends, reading ends here.
  servers_end_.reset();
}

ForkServer::~ForkServer() = default;

ProcessCommand ForkServer::with_socket(ProcessCommand program, bool forks) {
  if (!forks) return program;
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error(fmt::format("a socket: {}", std::strerror(errno)));
  host_end_.reset(ends[0]);
  servers_end_.reset(ends[1]);
  program.passed.push_back({ends[1], fork_descriptor});
  return program;
}

bool ForkServer::forks() {
  read_reports(false);
  return forks_;
}

void ForkServer::restart_time() {
  if (server_) server_->restart_time();
  watch_.restart();
}

std::chrono::milliseconds ForkServer::spent() const {
  if (asked_ever_) return watch_.spent();
  return server_ ? server_->spent() : std::chrono::milliseconds{};
}

void ForkServer::order(ForkOrder what) {
  // That the server has ended is noticed where its reports are read.
  (void)!send(host_end_.get(), &what, sizeof what, MSG_NOSIGNAL);
}

void ForkServer::fork() {
  end_child();
  end_.reset();
  child_ = 0;
  state_ = Child::asked;
  if (!forks()) return lose_server();
  if (!std::exchange(asked_ever_, true)) loaded_output_ = server_->output().size();
  server_->output().cut(loaded_output_);
  order(ForkOrder::fork);
}

void ForkServer::end_child() {
  read_reports(false);
  if (state_ == Child::none) return;
  // A server that has not forked yet may never do.
  if (state_ == Child::asked) return lose_server();
  order(ForkOrder::end);
  read_reports(true);
}

/// Whether one has come, or the server has gone.
bool ForkServer::has_report(bool waits) const {
  pollfd socket{.fd = host_end_.get(), .events = POLLIN, .revents = 0};
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    const auto waited = std::chrono::steady_clock::now() - begin;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(patience_ - waited);
    const int ready = poll(&socket, 1, waits ? std::max(static_cast<int>(left.count()), 0) : 0);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

void ForkServer::read_reports(bool waits) {
  while (host_end_.get() >= 0 && (!waits || state_ != Child::none)) {
    if (!has_report(waits)) {
      if (waits) lose_server();
      return;
    }
    ForkReport report{};
    const ssize_t length = recv(host_end_.get(), &report, sizeof report, MSG_DONTWAIT);
    if (length < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (length != static_cast<ssize_t>(sizeof report)) return lose_server();
    note(report);
  }
}

void ForkServer::note(const ForkReport& report) {
  switch (report.what) {
    case ForkReport::What::ready:
      forks_ = report.value == 1;
      // It has left its own end, too.
      if (!forks_) host_end_.reset();
      return;
    case ForkReport::What::forked:
      child_ = report.value;
      state_ = Child::lives;
      if (child_ < 0) lose_server();
      return;
    case ForkReport::What::ended:
      end_ = end_of_status(report.value);
      end_->output = server_->output().text(ChildProcess::most_output);
      state_ = Child::none;
      return;
  }
}

/// Somebody killed the server, and its child died with it; or it forks no more.
void ForkServer::lose_server() {
  forks_ = false;
  host_end_.reset();
  if (state_ != Child::none)
    end_ = ProcessEnd{.how = ProcessEnd::How::signal, .status = SIGKILL, .output = {}};
  state_ = Child::none;
  server_.reset();
}

std::optional<ProcessEnd> ForkServer::look(const ProcessLimits& limits) {
  if (!asked_ever_) return server_->look(limits);
  read_reports(false);
  if (state_ == Child::none) return end_;
  if (state_ == Child::asked) {
    // A handler of fork that hangs, hangs in the server.
    if (server_->look(limits)) lose_server();
  } else if (const auto broken = watch_.look(server_->process(), child_, limits)) {
    end_child();
    end_->how = *broken;
  }
  return end_;
}

}  // namespace poolhammer
