#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "worker/performer.hpp"

namespace poolhammer::contract {
namespace {

/// A block on its way from one thread to another: its bytes all hold `mark`.
struct Parcel {
  unsigned char* block = nullptr;
  std::size_t size = 0;
  unsigned char mark = 0;
};

/// Where threads leave a parcel and take another's.
class Shelf {
 public:
  [[nodiscard]] Parcel exchange(std::size_t place, Parcel parcel) {
    const auto index = place % boxes_.size();
    while (taken_[index].test_and_set(std::memory_order_acquire)) {
    }
    std::swap(boxes_[index], parcel);
    taken_[index].clear(std::memory_order_release);
    return parcel;
  }

 private:
  std::array<Parcel, 64> boxes_{};
  std::array<std::atomic_flag, 64> taken_{};
};

struct Crowd {
  const Client& client;
  std::uint64_t blocks;
  Shelf shelf;
  std::atomic<bool> damaged = false;
};

struct Member {
  Crowd* crowd = nullptr;
  std::uint64_t random = 0;
  pthread_t thread = 0;
  bool lives = false;
};

[[nodiscard]] std::uint64_t draw(std::uint64_t& state) {
  state ^= state << 13U;
  state ^= state >> 7U;
  state ^= state << 17U;
  return state;
}

[[nodiscard]] Parcel make(Crowd& crowd, std::uint64_t random) {
  Parcel parcel;
  // Mostly small; now and then some pages, and a large one.
  parcel.size = 1 + (random >> 8U) % (random % 64 == 0 ? 300'000 : random % 8 == 0 ? 10'000 : 256);
  parcel.mark = static_cast<unsigned char>(random >> 3U);
  const Function function = random % 3 == 0 ? Function::calloc : Function::malloc;
  parcel.block = static_cast<unsigned char*>(
      crowd.client.allocate(function, nullptr, function == Function::calloc ? 1 : parcel.size, parcel.size, 0)
          .block);
  for (std::size_t offset = 0; parcel.block != nullptr && offset < parcel.size; ++offset) {
    if (function == Function::calloc && parcel.block[offset] != 0) crowd.damaged = true;
    parcel.block[offset] = parcel.mark;
  }
  return parcel;
}

void take_apart(Crowd& crowd, const Parcel& parcel) {
  if (parcel.block == nullptr) return;
  for (std::size_t offset = 0; offset < parcel.size; ++offset) {
    if (parcel.block[offset] != parcel.mark) crowd.damaged = true;
  }
  (void)crowd.client.free(Function::free, parcel.block, parcel.size, 0, 0);
}

void* live(void* argument) {
  auto& member = *static_cast<Member*>(argument);
  Crowd& crowd = *member.crowd;
  for (std::uint64_t block = 0; block < crowd.blocks; ++block) {
    const std::uint64_t random = draw(member.random);
    take_apart(crowd, crowd.shelf.exchange(random >> 40U, make(crowd, random)));
  }
  return nullptr;
}

}  // namespace

bool churn(const Client& client, unsigned threads, std::uint64_t blocks) {
  if (!client.has(Function::malloc) || !client.has(Function::calloc)) return true;
  Crowd crowd{.client = client, .blocks = blocks, .shelf = {}, .damaged = false};
  std::vector<Member> members(threads);
  for (std::size_t index = 0; index < members.size(); ++index) {
    members[index].crowd = &crowd;
    members[index].random = 0x9e3779b97f4a7c15U * (index + 1);
    members[index].lives = pthread_create(&members[index].thread, nullptr, live, &members[index]) == 0;
  }
  for (const Member& member : members) {
    if (member.lives) pthread_join(member.thread, nullptr);
  }
  for (std::size_t place = 0; place < 64; ++place) take_apart(crowd, crowd.shelf.exchange(place, {}));
  return !crowd.damaged;
}

}  // namespace poolhammer::contract
