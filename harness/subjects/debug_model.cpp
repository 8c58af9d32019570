#include "harness/subjects/debug_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>

#include "allocator/poison.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;
using Outcome = DebugModel::Outcome;

constexpr std::byte fresh{0xCD};
constexpr std::byte dead_data{0xDD};
constexpr std::byte pad{0xFD};
constexpr std::size_t word = 8;
constexpr std::size_t most_gone = 256;

[[nodiscard]] std::uintptr_t number_of(const void* pointer) {
  return std::bit_cast<std::uintptr_t>(pointer);
}

[[nodiscard]] std::byte at(const DebugBlock& block, std::ptrdiff_t offset) {
  return peek(block.data[offset]);
}

[[nodiscard]] std::byte of_big_endian(std::size_t number, std::size_t place) {
  return static_cast<std::byte>(number >> (8 * (word - 1 - place)) & 0xFF);
}

[[nodiscard]] std::string words_of(const DebugBlock& block) {
  return fmt::format("the {}-byte {} block at {}", block.size, to_string(block.domain),
                     hex(number_of(block.data)));
}

[[nodiscard]] char letter(Domain domain) {
  return domain == Domain::raw ? 'r' : domain == Domain::mem ? 'm' : 'o';
}

}  // namespace

std::byte DebugModel::expected_byte(const DebugBlock& block, std::ptrdiff_t offset, bool dead) const {
  const auto from_start = static_cast<std::size_t>(offset + static_cast<std::ptrdiff_t>(front));
  if (from_start < word) return of_big_endian(block.size, from_start);
  if (from_start == word)
    return static_cast<std::byte>(dead ? letter(block.domain) - 'a' + 'A' : letter(block.domain));
  const std::size_t serial_at = front + block.size + word;
  if (settings_.serials && from_start >= serial_at)
    return of_big_endian(block.serial.value_or(0), from_start - serial_at);
  return dead ? dead_data : pad;
}

Outcome DebugModel::bytes_hold(const DebugBlock& block, std::ptrdiff_t from, std::ptrdiff_t to,
                               bool dead) const {
  for (std::ptrdiff_t offset = from; offset < to; ++offset) {
    const std::byte expected = expected_byte(block, offset, dead);
    if (at(block, offset) == expected) continue;
    return Violation{
        dead ? "debug.dead-bytes" : "debug.guards",
        {},
        fmt::format("{:02x} in byte {:+d} of {}", static_cast<unsigned>(expected), offset, words_of(block)),
        fmt::format("{:02x}", static_cast<unsigned>(at(block, offset)))};
  }
  return std::nullopt;
}

Outcome DebugModel::guards_hold(const DebugBlock& block) const {
  const auto end = static_cast<std::ptrdiff_t>(block.size);
  if (Outcome wrong = bytes_hold(block, -static_cast<std::ptrdiff_t>(front), 0, false)) return wrong;
  return bytes_hold(block, end, end + static_cast<std::ptrdiff_t>(settings_.tail()), false);
}

Outcome DebugModel::held_blocks_hold() const {
  for (const Layer& layer : layers_) {
    for (const DebugBlock& block : layer.held) {
      if (Outcome wrong = bytes_hold(block, -static_cast<std::ptrdiff_t>(front),
                                     static_cast<std::ptrdiff_t>(block.size + settings_.tail()), true)) {
        wrong->invariant = "debug.quarantine";
        return wrong;
      }
    }
  }
  return std::nullopt;
}

std::size_t DebugModel::bytes_of(const std::deque<DebugBlock>& blocks) const {
  std::size_t bytes = 0;
  for (const DebugBlock& block : blocks) bytes += total(block.size);
  return bytes;
}

/// What is held back belongs to nobody else.
Outcome DebugModel::overlaps_held(const DebugBlock& block) const {
  const std::uintptr_t begin = number_of(block.data) - front;
  for (const Layer& layer : layers_) {
    auto next = layer.is_held.lower_bound(number_of(block.data));
    for (int neighbour = 0; neighbour < 2; ++neighbour) {
      if (next != layer.is_held.end()) {
        const DebugBlock& other = layer.known.at(next->first);
        const std::uintptr_t other_begin = next->first - front;
        if (begin < other_begin + total(other.size) && other_begin < begin + total(block.size))
          return Violation{"debug.quarantine",
                           {},
                           "no byte of " + words_of(other) + ", which is held back",
                           words_of(block)};
      }
      if (next == layer.is_held.begin()) break;
      next = std::prev(next);
    }
  }
  return std::nullopt;
}

/// The number that the new block carries: one more than the last, or a few where requests failed after they
/// had taken one.
Outcome DebugModel::numbered(DebugBlock& block) {
  if (!settings_.serials) return std::nullopt;
  std::size_t found = 0;
  for (std::size_t i = 0; i < word; ++i)
    found =
        found << 8U | static_cast<std::size_t>(at(block, static_cast<std::ptrdiff_t>(block.size + word + i)));
  const std::size_t least = last_serial_ + 1;
  const std::size_t most = least + lost_serials_;
  if (found < least || found > most)
    return Violation{"debug.serial",
                     {},
                     fmt::format("serial {}{} behind {}", least,
                                 lost_serials_ == 0 ? "" : fmt::format(" to {}", most), words_of(block)),
                     std::to_string(found)};
  block.serial = last_serial_ = found;
  lost_serials_ = 0;
  return std::nullopt;
}

/// What a new block must look like, whose first `kept` bytes are its owner's.
Outcome DebugModel::looks_new(DebugBlock& block, std::size_t kept) {
  if (Outcome wrong = overlaps_held(block)) return wrong;
  const auto end = static_cast<std::ptrdiff_t>(block.size);
  if (Outcome wrong = bytes_hold(block, -static_cast<std::ptrdiff_t>(front), 0, false)) return wrong;
  if (Outcome wrong = bytes_hold(block, end, end + static_cast<std::ptrdiff_t>(word), false)) return wrong;
  if (Outcome wrong = numbered(block)) return wrong;
  for (auto offset = static_cast<std::ptrdiff_t>(kept); offset < end; ++offset) {
    if (at(block, offset) != fresh)
      return Violation{"debug.fresh-bytes",
                       {},
                       fmt::format("cd in byte {:+d} of {}", offset, words_of(block)),
                       fmt::format("{:02x}", static_cast<unsigned>(at(block, offset)))};
  }
  return std::nullopt;
}

Outcome DebugModel::allocated(DebugBlock block, bool zeroed, unsigned site, const BelowCall& below) {
  Layer& layer = layers_.at(index(block.domain));
  if (Outcome wrong = retire(layer, std::nullopt, below, total(block.size))) return wrong;
  if (Outcome wrong = looks_new(block, zeroed ? block.size : 0)) return wrong;
  layer.known[number_of(block.data)] = block;
  note_allocation(layer, block, site, below);
  return std::nullopt;
}

Outcome DebugModel::resized(const void* old_data, DebugBlock block, unsigned site, const BelowCall& below) {
  Layer& layer = layers_.at(index(block.domain));
  const DebugBlock old = layer.known.at(number_of(old_data));
  layer.known.erase(number_of(old.data));
  if (old.data != block.data) note_free(layer, old.data, site);
  if (settings_.quarantine > 0) {
    if (old.data == block.data)
      return Violation{"debug.quarantine", {}, "realloc to move " + words_of(old), "the same place"};
    if (Outcome wrong = retire(layer, old, below, total(block.size))) return wrong;
  } else if (old.data != block.data) {
    remember_gone(layer, old);
  }
  if (Outcome wrong = looks_new(block, std::min(old.size, block.size))) return wrong;
  layer.known[number_of(block.data)] = block;
  note_allocation(layer, block, site, below);
  return std::nullopt;
}

Outcome DebugModel::freed(const void* data, unsigned site, const BelowCall& below) {
  const DebugBlock block = *live(data);
  Layer& layer = layers_.at(index(block.domain));
  layer.known.erase(number_of(data));
  note_free(layer, data, site);
  if (settings_.quarantine > 0) return retire(layer, block, below, std::nullopt);
  remember_gone(layer, block);
  // The pools write a link into the first bytes, and an arena that was released is nobody's.
  const bool in_pools = below.in_pools(block.data - front, total(block.size));
  const bool from_raw = std::ranges::any_of(below.journal, [&](const JournalEntry& entry) {
    return entry.call == Call::raw_free && entry.block == number_of(block.data) - front;
  });
  if (!in_pools && !from_raw) return std::nullopt;
  return bytes_hold(block, -static_cast<std::ptrdiff_t>(in_pools ? word : front),
                    static_cast<std::ptrdiff_t>(block.size + settings_.tail()), true);
}

Outcome DebugModel::refused(Domain domain, std::size_t size, const BelowCall& below) {
  if (below.refusals > 0) ++lost_serials_;
  return retire(layers_.at(index(domain)), std::nullopt, below,
                size <= largest() ? std::optional(total(size)) : std::nullopt);
}

Outcome DebugModel::flushed(Domain domain, const BelowCall& below) {
  Layer& layer = layers_.at(index(domain));
  std::vector<DebugBlock> left;
  while (!layer.held.empty()) {
    leave(layer, layer.held.front(), left);
    layer.held.pop_front();
  }
  if (below.held_bytes != 0)
    return Violation{"debug.quarantine",
                     {},
                     "nothing held back after a flush",
                     std::to_string(below.held_bytes) + " bytes"};
  return left_in_order(left, below);
}

/// A block of the quarantine goes back to the base.
void DebugModel::leave(Layer& layer, const DebugBlock& block, std::vector<DebugBlock>& left) {
  layer.known.erase(number_of(block.data));
  layer.is_held.erase(number_of(block.data));
  remember_gone(layer, block);
  left.push_back(block);
}

/// Holds a block back, and has the oldest leave. Where the base refused a block of `asked` bytes, everything
/// held back has left before; where it refused something else, a registry's node say, it may have stayed.
Outcome DebugModel::retire(Layer& layer, const std::optional<DebugBlock>& block, const BelowCall& below,
                           std::optional<std::size_t> asked) {
  const auto held_after = [&](std::size_t held) {
    if (!block) return held;
    std::deque<std::size_t> sizes;
    if (held != 0)
      for (const DebugBlock& each : layer.held) sizes.push_back(total(each.size));
    sizes.push_back(total(block->size));
    held += total(block->size);
    for (; held > settings_.quarantine; sizes.pop_front()) held -= sizes.front();
    return held;
  };
  std::vector<DebugBlock> left;
  const std::size_t before = bytes_of(layer.held);
  const bool base_refused = std::ranges::any_of(below.journal, [&](const JournalEntry& entry) {
    const bool asks = entry.call == Call::raw_malloc || entry.call == Call::raw_calloc;
    return asks && entry.answer == 0 && asked && entry.size == *asked;
  });
  // A node of the registry or of the stacks may be as large.
  const bool could_be_a_node = asked && *asked <= 1024;
  const bool must_flush = base_refused && !could_be_a_node;
  if (before != 0 && (must_flush || (below.refusals > 0 && below.held_bytes != held_after(before)))) {
    while (!layer.held.empty()) {
      leave(layer, layer.held.front(), left);
      layer.held.pop_front();
    }
  }
  std::size_t held = bytes_of(layer.held);
  if (block) {
    layer.known[number_of(block->data)] = *block;
    layer.is_held[number_of(block->data)] = true;
    layer.held.push_back(*block);
    held += total(block->size);
    while (held > settings_.quarantine) {
      held -= total(layer.held.front().size);
      leave(layer, layer.held.front(), left);
      layer.held.pop_front();
    }
  }
  if (settings_.quarantine > 0 && below.held_bytes != held)
    return Violation{
        "debug.quarantine", {}, std::to_string(held) + " bytes held back", std::to_string(below.held_bytes)};
  if (Outcome wrong = left_in_order(left, below)) return wrong;
  if (block && layer.is_held.contains(number_of(block->data)))
    return bytes_hold(*block, -static_cast<std::ptrdiff_t>(front),
                      static_cast<std::ptrdiff_t>(block->size + settings_.tail()), true);
  return std::nullopt;
}

/// Those that left for the raw allocator stand in its journal, each once, the oldest first, and none that is
/// still held back. A place that the raw allocator gave out again meanwhile is another block's.
Outcome DebugModel::left_in_order(const std::vector<DebugBlock>& left, const BelowCall& below) const {
  std::vector<std::uintptr_t> due;
  for (const DebugBlock& block : left) {
    if (!below.in_pools(block.data - front, 1)) due.push_back(number_of(block.data) - front);
  }
  std::vector<std::uintptr_t> seen;
  std::vector<std::uintptr_t> given;
  for (const JournalEntry& entry : below.journal) {
    if (entry.call != Call::raw_free) {
      given.push_back(entry.answer);
      continue;
    }
    if (std::erase(given, entry.block) > 0) continue;
    if (std::ranges::find(due, entry.block) != due.end()) seen.push_back(entry.block);
    for (const Layer& layer : layers_) {
      const auto found = layer.is_held.find(entry.block + front);
      if (found != layer.is_held.end())
        return Violation{"debug.quarantine",
                         {},
                         words_of(layer.known.at(found->first)) + " to be held back",
                         "given back to the base"};
    }
  }
  // An arena that was released took its blocks along: they are no raw allocator's.
  std::erase_if(due, [&](std::uintptr_t block) { return std::ranges::find(seen, block) == seen.end(); });
  if (due == seen) return std::nullopt;
  return Violation{"debug.quarantine", {}, "the oldest blocks to leave first, each once", "another order"};
}

void DebugModel::note_allocation(Layer& layer, const DebugBlock& block, unsigned site,
                                 const BelowCall& below) {
  // Where the base refused anything, the trace may be lost.
  if (settings_.stacks) layer.sites[number_of(block.data)] = {site, std::nullopt, below.refusals == 0};
}

void DebugModel::note_free(Layer& layer, const void* data, unsigned site) {
  const auto found = layer.sites.find(number_of(data));
  if (found != layer.sites.end()) found->second.freed = site;
}

void DebugModel::remember_gone(Layer& layer, const DebugBlock& block) {
  layer.gone.push_front(block);
  if (layer.gone.size() > most_gone) layer.gone.pop_back();
}

const DebugBlock* DebugModel::live(const void* data) const {
  for (const Layer& layer : layers_) {
    const auto found = layer.known.find(number_of(data));
    if (found != layer.known.end() && !layer.is_held.contains(found->first)) return &found->second;
  }
  return nullptr;
}

}  // namespace poolhammer
