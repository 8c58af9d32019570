#include "worker/acts.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace poolhammer::worker {
namespace {

// What a program may ask for in one step is bounded: any bytes are a program, and each must come to its end.
constexpr std::uint64_t most_times = std::uint64_t{1} << 20U;
constexpr std::uint64_t most_bytes_held = std::uint64_t{512} << 20U;
constexpr std::uint64_t most_bytes_recycled = std::uint64_t{16} << 30U;

/// How often a block of `size` bytes may be taken: `asked`, and at most so many bytes in all; once at least.
[[nodiscard]] std::uint64_t times(std::uint64_t asked, std::uint64_t size, std::uint64_t bytes) {
  const std::uint64_t fitting = std::max<std::uint64_t>(1, bytes / std::max<std::uint64_t>(size, 1));
  return std::min({asked, most_times, fitting});
}

}  // namespace

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

FunctionCall Acts::request(const Operation& operation, int error) {
  return {.function = operation.by,
          .count = takes_count(operation.by) ? std::size_t{1} : 0,
          .size = operation.size,
          .alignment = operation.alignment,
          .error = error};
}

Answer Acts::free(const FunctionCall& given, void* block) const {
  const Function function = plain_free(given.function);
  if (!table_.has(function)) return {};
  return table_.call({.function = function,
                      .block = block,
                      .size = given.size,
                      .alignment = std::max(given.alignment, alignof(std::max_align_t))});
}

std::optional<Answer> Acts::exhaust(const Operation& operation, int error, std::uint64_t most_bytes,
                                    std::uint64_t& taken) {
  std::optional<Answer> answer;
  taken = 0;
  if (!table_.has(operation.by) || operation.size < sizeof chain_ || operation.size > most_bytes)
    return answer;
  // One kind of block is in the chain at a time.
  release();
  chained_ = request(operation, error);
  const std::uint64_t most = times(operation.count, operation.size, std::min(most_bytes, most_bytes_held));
  for (; taken < most; ++taken) {
    answer = table_.call(chained_);
    if (answer->block == nullptr) break;
    std::memcpy(answer->block, &chain_, sizeof chain_);
    chain_ = answer->block;
  }
  return answer;
}

void Acts::release() {
  while (chain_ != nullptr) {
    void* const block = chain_;
    std::memcpy(&chain_, block, sizeof chain_);
    (void)free(chained_, block);
  }
}

std::optional<Answer> Acts::recycle(const Operation& operation, int error, std::uint64_t& rounds) const {
  std::optional<Answer> answer;
  rounds = 0;
  if (!table_.has(operation.by)) return answer;
  const FunctionCall asked = request(operation, error);
  const std::uint64_t most = times(operation.count, operation.size, most_bytes_recycled);
  for (; rounds < most; ++rounds) {
    answer = table_.call(asked);
    if (answer->block == nullptr) break;
    // Memory that nobody writes to need not be there.
    if (operation.size > 0) static_cast<volatile unsigned char*>(answer->block)[0] = 1;
    (void)free(asked, answer->block);
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
