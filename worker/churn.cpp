#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/trace/act_bounds.hpp"
#include "worker/churn.hpp"
#include "worker/late_data.hpp"
#include "worker/patience.hpp"

namespace poolhammer::worker {
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

  static constexpr std::size_t places = 64;

 private:
  std::array<Parcel, places> boxes_{};
  std::array<std::atomic_flag, places> taken_{};
};

struct Crowd {
  const FunctionTable& table;
  bool forks;            ///< many blocks are large: their locks are to be held, too, when a child is forked
  const LateData* ends;  ///< by which a member goes on when it has ended; null: none does
  Shelf shelf;
  std::atomic<bool> damaged = false;
  std::atomic<bool> nonzero = false;
  std::atomic<bool> all_live = false;     ///< every member was born: it is then that they begin
  std::atomic<bool> rests = false;        ///< while a child has the processors
  std::atomic<std::uint64_t> rounds = 0;  ///< of all members

  [[nodiscard]] CrowdSaw saw() const {
    return damaged ? CrowdSaw::damage : nonzero ? CrowdSaw::nonzero : CrowdSaw::nothing;
  }
};

struct Member {
  Crowd* crowd = nullptr;
  const std::atomic<bool>* until = nullptr;  ///< null: as many as `blocks`
  std::uint64_t blocks = 0;
  std::uint64_t random = 0;
  bool leaves_alone = false;  ///< takes and frees its blocks, and touches none of them
  Member* heir = nullptr;     ///< born when this one ends
  LateData::AtEnd at_end = {};
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
  const std::uint64_t most = crowd.forks && random % 4 == 1 ? 1'000'000
                             : random % 64 == 0             ? 300'000
                             : random % 8 == 0              ? 10'000
                                                            : 256;
  parcel.size = 1 + (random >> 8U) % most;
  parcel.mark = static_cast<unsigned char>(random >> 3U);
  const Function function = random % 3 == 0 ? Function::calloc : Function::malloc;
  parcel.block = static_cast<unsigned char*>(
      crowd.table.call({.function = function, .count = 1, .size = parcel.size}).block);
  for (std::size_t offset = 0; parcel.block != nullptr && offset < parcel.size; ++offset) {
    if (function == Function::calloc && parcel.block[offset] != 0) crowd.nonzero = true;
    parcel.block[offset] = parcel.mark;
  }
  return parcel;
}

void take_apart(Crowd& crowd, const Parcel& parcel) {
  if (parcel.block == nullptr) return;
  for (std::size_t offset = 0; offset < parcel.size; ++offset) {
    if (parcel.block[offset] != parcel.mark) crowd.damaged = true;
  }
  (void)crowd.table.call({.function = Function::free, .block = parcel.block, .size = parcel.size});
}

/// Sizes of blocks that nobody touches: an allocator may have a lock for each.
constexpr std::array<std::size_t, 6> sizes_alone = {24, 300, 5000, 70'000, 400'000, 3'000'000};

void take_and_free(const FunctionTable& table, std::size_t size) {
  void* const block = table.call({.function = Function::malloc, .size = size}).block;
  if (block != nullptr) (void)table.call({.function = Function::free, .block = block, .size = size});
}

/// Is inside the allocator for most of the time, some times in a row where it keeps blocks of one size, so
/// that a child is forked then.
void stay_inside(Crowd& crowd, Member& member) {
  constexpr int times = 32;
  const std::size_t size = sizes_alone[draw(member.random) % sizes_alone.size()];
  for (int time = 0; time < times; ++time) {
    ++crowd.rounds;
    take_and_free(crowd.table, size);
  }
}

void work(Member& member, std::uint64_t blocks) {
  Crowd& crowd = *member.crowd;
  for (std::uint64_t block = 0; member.until == nullptr ? block < blocks : !*member.until; ++block) {
    while (crowd.rests && !*member.until) usleep(1000);
    if (member.leaves_alone) {
      stay_inside(crowd, member);
      continue;
    }
    const std::uint64_t random = draw(member.random);
    ++crowd.rounds;
    take_apart(crowd, crowd.shelf.exchange(random >> 40U, make(crowd, random)));
  }
}

void* live(void* argument);

/// When an allocator was told of the end of the thread: what it has left may be its heir's.
void go_on(void* argument) {
  auto& member = *static_cast<Member*>(argument);
  if (Member* const heir = member.heir) heir->lives = pthread_create(&heir->thread, nullptr, live, heir) == 0;
  work(member, member.blocks);
}

void* live(void* argument) {
  auto& member = *static_cast<Member*>(argument);
  Crowd& crowd = *member.crowd;
  // An allocator may know a thread by its first block only.
  take_apart(crowd, make(crowd, draw(member.random)));
  while (!crowd.all_live) usleep(100);
  work(member, member.blocks);
  if (crowd.ends == nullptr) return nullptr;
  member.at_end = {.call = go_on, .argument = &member};
  // Where there is no memory for it, nobody goes on.
  (void)crowd.ends->set(member.at_end);
  return nullptr;
}

/// In a child of a process with threads: it allocates, or never ends, where a lock was copied as it was held.
/// An alarm ends it then.
[[noreturn]] void be_a_child(Crowd& crowd) {
  // Far below a step's limit, and far over what twenty blocks take.
  end_where_hung({.computing = 1, .sleeping = 5});
  std::uint64_t random = 88172645463325252U;
  for (int block = 0; block < 20; ++block) take_apart(crowd, make(crowd, draw(random)));
  for (const std::size_t size : sizes_alone) take_and_free(crowd.table, size);
  _exit(static_cast<int>(crowd.saw()));
}

/// Notes how the child ended.
void fork_one(Crowd& crowd) {
  const std::uint64_t rounds = crowd.rounds;
  while (crowd.rounds == rounds) sched_yield();
  const pid_t child = fork();
  if (child == 0) be_a_child(crowd);
  if (child < 0) return;
  crowd.rests = true;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  crowd.rests = false;
  if (!WIFEXITED(status) || WEXITSTATUS(status) > static_cast<int>(CrowdSaw::nonzero))
    crowd.damaged = true;
  else if (WEXITSTATUS(status) != 0)
    crowd.nonzero = true;
}

/// Its members, each before its heir.
[[nodiscard]] std::vector<Member> gather(Crowd& crowd, std::uint64_t threads, std::uint64_t blocks,
                                         const std::atomic<bool>* until) {
  const std::size_t born = std::min(threads, act_bounds::threads);
  std::vector<Member> members(crowd.ends != nullptr ? act_bounds::in_turn * born : born);
  for (std::size_t index = 0; index < members.size(); ++index) {
    Member& member = members[index];
    member.crowd = &crowd;
    member.until = until;
    member.blocks = blocks;
    member.random = 0x9e3779b97f4a7c15U * (index + 1);
    member.leaves_alone = crowd.forks && index % 2 == 1;
    if (index + born < members.size()) member.heir = &members[index + born];
  }
  for (Member& member : std::span(members).first(born))
    member.lives = pthread_create(&member.thread, nullptr, live, &member) == 0;
  crowd.all_live = true;
  return members;
}

/// An heir was born, or was not, when the member before it has ended.
void part(Crowd& crowd, std::span<const Member> members) {
  for (const Member& member : members) {
    if (member.lives) pthread_join(member.thread, nullptr);
  }
  for (std::size_t place = 0; place < Shelf::places; ++place)
    take_apart(crowd, crowd.shelf.exchange(place, {}));
}

}  // namespace

CrowdSaw churn(const FunctionTable& table, std::uint64_t threads, std::uint64_t blocks) {
  if (!table.has(Function::malloc) || !table.has(Function::calloc)) return CrowdSaw::nothing;
  Crowd crowd{.table = table, .forks = false, .ends = nullptr, .shelf = {}};
  part(crowd, gather(crowd, threads, act_bounds::blocks_of_each(blocks, threads), nullptr));
  return crowd.saw();
}

CrowdSaw churn_with_heirs(const FunctionTable& table, std::uint64_t threads, std::uint64_t blocks) {
  if (!table.has(Function::malloc) || !table.has(Function::calloc)) return CrowdSaw::nothing;
  const LateData ends;
  Crowd crowd{.table = table, .forks = false, .ends = &ends, .shelf = {}};
  // Each works twice, before its end and behind it.
  part(crowd, gather(crowd, threads, act_bounds::blocks_of_each(blocks, threads) / (2 * act_bounds::in_turn),
                     nullptr));
  return crowd.saw();
}

CrowdSaw fork_crowd(const FunctionTable& table, std::uint64_t threads, std::uint64_t children) {
  if (!table.has(Function::malloc) || !table.has(Function::calloc)) return CrowdSaw::nothing;
  Crowd crowd{.table = table, .forks = true, .ends = nullptr, .shelf = {}};
  std::atomic<bool> enough = false;
  const std::vector<Member> members = gather(crowd, threads, 0, &enough);
  const bool lives = std::ranges::any_of(members, &Member::lives);
  for (std::uint64_t child = 0; lives && child < std::min(children, act_bounds::children); ++child) {
    fork_one(crowd);
    if (crowd.saw() == CrowdSaw::damage) break;
  }
  enough = true;
  part(crowd, members);
  return crowd.saw();
}

}  // namespace poolhammer::worker
