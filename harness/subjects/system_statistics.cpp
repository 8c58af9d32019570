// What a memory system says of its arenas, against what they hold and against what its clients have.
#include <map>
#include <string>

#include "harness/subjects/system_figures.hpp"
#include "harness/subjects/system_subject.hpp"

namespace poolhammer {

using namespace pymalloc;

std::optional<Violation> SystemSubject::check_statistics() {
  const Statistics figures = system_->statistics();
  if (figures.bytes.total() != source_.live() * Modern::arena_size) {
    return Violation{"statistics.account-for-every-byte",
                     {},
                     std::to_string(source_.live() * Modern::arena_size) + " bytes of arenas accounted for",
                     std::to_string(figures.bytes.total())};
  }
  const CountedArenas counted = count_arenas(arenas_.live());
  const ArenaAccount account{arenas_.requested(), arenas_.refused(), arenas_.released(), arenas_.most(),
                             raw_.refused() == raw_refused_};
  if (auto wrong = figures_hold(figures, counted, account)) return wrong;
  if (auto wrong = texts_hold(figures)) return wrong;
  return check_counted_blocks(counted.blocks_in_pool);
}

/// Every block of a client in a pool is one that the pool counts, and where nothing else takes blocks, there
/// is no other.
std::optional<Violation> SystemSubject::check_counted_blocks(
    const std::map<std::uintptr_t, std::uint64_t>& pools) const {
  std::map<std::uintptr_t, std::uint64_t> clients;
  const auto count = [&](const void* start) {
    if (source_.holds(address_of(start), 1))
      ++clients[address_of(start) & ~(std::uintptr_t{Modern::pool_size} - 1)];
  };
  for (const auto& [block, owned] : owned_) count(owned.given - (choice_.debug ? DebugModel::front : 0));
  if (choice_.debug) {
    for (std::size_t i = 0; i < domains; ++i)
      for (const DebugBlock& held : model_.held(static_cast<Domain>(i))) count(held.data - DebugModel::front);
  }
  const bool alone = !choice_.debug || !model_.settings().knows();
  if (alone && clients.size() != pools.size())
    return Violation{"statistics.clients-blocks",
                     {},
                     std::to_string(clients.size()) + " pools in use",
                     std::to_string(pools.size())};
  for (const auto& [pool, blocks] : clients) {
    const auto found = pools.find(pool);
    const std::uint64_t in_use = found == pools.end() ? 0 : found->second;
    if (in_use < blocks || (alone && in_use != blocks))
      return Violation{"statistics.clients-blocks",
                       {},
                       std::to_string(blocks) + " blocks in use in the pool at " + hex(pool),
                       std::to_string(in_use)};
  }
  return std::nullopt;
}

}  // namespace poolhammer
