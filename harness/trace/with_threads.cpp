#include "harness/trace/with_threads.hpp"

#include <algorithm>

#include "harness/base/random.hpp"

namespace poolhammer {

Trace with_threads(const Trace& trace, unsigned threads, std::uint64_t seed) {
  const auto names_thread = [](const Operation& operation) { return operation.thread != 0; };
  if (threads <= 1 || std::ranges::any_of(trace.operations, names_thread)) return trace;
  Trace dealt = trace;
  Random random(seed);
  std::uint64_t turn = 0;
  for (Operation& operation : dealt.operations) {
    if (!operation.has_thread()) continue;
    if (random.chance(1, 4)) turn = random.below(std::min<std::uint64_t>(threads, thread_limit));
    operation.thread = static_cast<std::uint8_t>(turn);
  }
  return dealt;
}

}  // namespace poolhammer
