#include "worker/patience.hpp"

#include <unistd.h>

#include <csignal>
#include <ctime>

namespace poolhammer::worker {
namespace {

constexpr long long thousand = 1000;
/// One that is awake gets more than a hundredth of any machine.
constexpr long long least_part = 100;

// A signal handler finds nothing but variables.
volatile std::sig_atomic_t interval = 0;
long long computed = 0;

/// Of all threads of the process.
[[nodiscard]] long long milliseconds_computed() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return spent.tv_sec * thousand + spent.tv_nsec / (thousand * thousand);
}

void look(int number) {
  const long long now = milliseconds_computed();
  if (now - computed < interval * thousand / least_part || now >= interval * thousand) {
    std::signal(number, SIG_DFL);
    std::raise(number);
    return;
  }
  computed = now;
  alarm(static_cast<unsigned>(interval));
}

}  // namespace

void end_where_hung(unsigned seconds) {
  interval = static_cast<std::sig_atomic_t>(seconds);
  computed = milliseconds_computed();
  std::signal(SIGALRM, look);
  alarm(seconds);
}

}  // namespace poolhammer::worker
