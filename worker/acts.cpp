#include "worker/acts.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "harness/trace/act_bounds.hpp"

namespace poolhammer::worker {

std::uint64_t memory_of_process(int field) {
  std::array<char, 256> text{};
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text.data(), text.size() - 1);
  close(file);
  if (length <= 0) return 0;
  char* place = text.data();
  std::uint64_t pages = 0;
  for (int index = 0; index <= field; ++index) pages = std::strtoull(place, &place, 10);
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

/// Counts the calls of one act, and knows when its time is over.
class Acts::Watch {
 public:
  explicit Watch(const Acts& acts) : acts_(acts), begin_(computed()) {}

  void count() { acts_.place_.calls.fetch_add(1, std::memory_order_relaxed); }
  /// Looks at the clock now and then.
  [[nodiscard]] bool over() {
    constexpr unsigned one_in = 16;
    if (++asked_ % one_in != 0 || acts_.time_.count() == 0 || computed() - begin_ < acts_.time_) return false;
    acts_.place_.slow = true;
    return true;
  }

 private:
  [[nodiscard]] static std::chrono::nanoseconds computed() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

  const Acts& acts_;
  std::chrono::nanoseconds begin_;
  unsigned asked_ = 0;
};

void Acts::free(const FunctionCall& given, void* block) const {
  const FunctionCall freeing = freeing_of(given, block);
  if (table_.has(freeing.function)) (void)table_.call(freeing);
}

std::optional<Answer> Acts::exhaust(const Operation& operation, int error, std::uint64_t most_bytes,
                                    std::uint64_t& taken) {
  std::optional<Answer> answer;
  taken = 0;
  if (!table_.has(operation.by) || operation.size < sizeof chain_ || operation.size > most_bytes)
    return answer;
  // One kind of block is in the chain at a time.
  release();
  if (place_.unreleased) return answer;
  chained_ = call_of(operation);
  chained_.error = error;
  const std::uint64_t most = std::min(act_bounds::times(operation), most_bytes / operation.size);
  for (Watch watch(*this); taken < most; ++taken) {
    answer = table_.call(chained_);
    watch.count();
    if (answer->block == nullptr) break;
    std::memcpy(answer->block, &chain_, sizeof chain_);
    chain_ = answer->block;
    ++chained_blocks_;
    if (watch.over()) return std::nullopt;
  }
  return answer;
}

void Acts::release() {
  Watch watch(*this);
  // Where blocks overlap, a chain may lead back into itself.
  for (; chain_ != nullptr && chained_blocks_ > 0; --chained_blocks_) {
    void* const block = chain_;
    std::memcpy(&chain_, block, sizeof chain_);
    free(chained_, block);
    watch.count();
    if (watch.over() && chain_ != nullptr) {
      place_.unreleased = true;
      return;
    }
  }
  chain_ = nullptr;
  chained_blocks_ = 0;
}

std::optional<Answer> Acts::recycle(const Operation& operation, int error, std::uint64_t& rounds) const {
  std::optional<Answer> answer;
  rounds = 0;
  if (!table_.has(operation.by)) return answer;
  FunctionCall asked = call_of(operation);
  asked.error = error;
  const std::uint64_t most = act_bounds::times(operation);
  for (Watch watch(*this); rounds < most; ++rounds) {
    answer = table_.call(asked);
    watch.count();
    if (answer->block == nullptr) break;
    // Memory that nobody writes to need not be there.
    if (operation.size > 0) static_cast<volatile unsigned char*>(answer->block)[0] = 1;
    free(asked, answer->block);
    if (watch.over()) return std::nullopt;
  }
  return answer;
}

void Acts::limit_memory(std::uint64_t more) {
  if (more == ~std::uint64_t{0}) return unlimit();
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  const std::uint64_t now = memory_of_process(0);
  limit.rlim_cur = std::min<rlim_t>(now + std::min(more, ~now), limit.rlim_max);
  limited_ = setrlimit(RLIMIT_AS, &limit) == 0;
}

void Acts::unlimit() {
  if (!limited_) return;
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_AS, &limit);
  limited_ = false;
}

}  // namespace poolhammer::worker
