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
volatile std::sig_atomic_t most_computed = 0;  ///< in seconds
volatile std::sig_atomic_t most_slept = 0;     ///< likewise
volatile std::sig_atomic_t slept = 0;          ///< for so many seconds, until now
long long computed = 0;

/// Of all threads of the process.
[[nodiscard]] long long milliseconds_computed() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return spent.tv_sec * thousand + spent.tv_nsec / (thousand * thousand);
}

/// Once a second: what computes is ended soon after its time, whatever share of a processor it got.
void look(int number) {
  const long long now = milliseconds_computed();
  slept = now - computed < thousand / least_part ? slept + 1 : 0;
  if (slept >= most_slept || now >= most_computed * thousand) {
    std::signal(number, SIG_DFL);
    std::raise(number);
    return;
  }
  computed = now;
  alarm(1);
}

}  // namespace

void end_where_hung(Patience patience) {
  most_computed = static_cast<std::sig_atomic_t>(patience.computing);
  most_slept = static_cast<std::sig_atomic_t>(patience.sleeping);
  slept = 0;
  computed = milliseconds_computed();
  std::signal(SIGALRM, look);
  alarm(1);
}

}  // namespace poolhammer::worker
