#include "harness/subjects/system_figures.hpp"

#include <fmt/format.h>

#include <bit>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "allocator/poison.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;
using Outcome = std::optional<Violation>;

// The layout modern.
constexpr std::uint64_t pool_bytes = 16384;
constexpr std::uint64_t arena_bytes = std::uint64_t{1} << 20U;
constexpr std::uint64_t header_bytes = 48;
constexpr std::uint64_t class_step = 16;
constexpr std::uint64_t size_classes = 32;
// A pool's header: where its members stand, in bytes.
constexpr std::uintptr_t ref_count_at = 0;
constexpr std::uintptr_t size_class_at = 36;
constexpr std::uintptr_t next_offset_at = 40;

[[nodiscard]] std::uint32_t member(std::uintptr_t pool, std::uintptr_t offset) {
  return peek(*std::bit_cast<const std::uint32_t*>(pool + offset));
}

[[nodiscard]] constexpr std::uint64_t block_bytes(std::size_t size_class) {
  return (size_class + 1) * class_step;
}

void count_pool(std::uintptr_t pool, CountedArenas::Arena& arena, CountedArenas& all) {
  const std::uint64_t in_use = member(pool, ref_count_at);
  if (in_use == 0) {
    // A pool that was carved has an offset: see begin_counting.
    ++(member(pool, next_offset_at) == 0 ? arena.pools_fresh : arena.pools_empty);
    all.bytes.free_pools += pool_bytes;
    return;
  }
  const std::size_t size_class = member(pool, size_class_at);
  if (size_class >= size_classes) return;
  const std::uint64_t size = block_bytes(size_class);
  const std::uint64_t capacity = (pool_bytes - header_bytes) / size;
  CountedArenas::Class& of_class = all.classes.at(size_class);
  ++of_class.pools;
  ++arena.pools_in_use;
  of_class.blocks_in_use += in_use;
  of_class.blocks_free += capacity - in_use;
  arena.bytes_in_use += in_use * size;
  all.blocks_in_pool[pool] = in_use;
  all.bytes.in_use += in_use * size;
  all.bytes.free_blocks += (capacity - in_use) * size;
  all.bytes.headers += header_bytes;
  all.bytes.quantisation += pool_bytes - header_bytes - capacity * size;
}

/// Named numbers that must be equal in pairs.
class Comparison {
 public:
  explicit Comparison(std::string_view oracle) : oracle_(oracle) {}

  void demand(const std::string& name, std::uint64_t expected, std::uint64_t found) {
    if (expected == found || wrong_) return;
    wrong_ = Violation{oracle_, {}, fmt::format("{}: {}", name, expected), std::to_string(found)};
  }
  [[nodiscard]] Outcome outcome() const { return wrong_; }

 private:
  std::string_view oracle_;
  Outcome wrong_;
};

void compare_bytes(Comparison& comparison, const ByteStatistics& expected, const ByteStatistics& found) {
  comparison.demand("bytes in use", expected.in_use, found.in_use);
  comparison.demand("bytes in free blocks", expected.free_blocks, found.free_blocks);
  comparison.demand("bytes in free pools", expected.free_pools, found.free_pools);
  comparison.demand("bytes of headers", expected.headers, found.headers);
  comparison.demand("bytes of quantisation", expected.quantisation, found.quantisation);
  comparison.demand("bytes of arena alignment", expected.arena_alignment, found.arena_alignment);
}

[[nodiscard]] std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

/// Whether there is a line of the words and the number, in columns.
[[nodiscard]] Outcome line_of(const std::string& text, const std::string& words, std::uint64_t number) {
  const std::string line = fmt::format("{:<42}= {:>20}", words, grouped(number));
  if (text.find("\n" + line + "\n") != std::string::npos) return std::nullopt;
  return Violation{"statistics.text", {}, line, text};
}

[[nodiscard]] Outcome text_holds(const Statistics& s) {
  const std::string text = "\n" + to_text(s);
  const std::pair<std::string, std::uint64_t> lines[] = {
      {"# arenas requested", s.events.requested},
      {"# arenas refused", s.events.refused},
      {"# arenas released", s.events.released},
      {"# arenas kept though wholly free", s.events.kept},
      {"# arenas at most", s.events.most},
      {"# arenas now", s.arenas.size()},
      {fmt::format("{} arenas * {} bytes/arena", grouped(s.arenas.size()), grouped(arena_bytes)),
       s.arenas.size() * arena_bytes},
      {"# bytes in allocated blocks", s.bytes.in_use},
      {"# bytes in available blocks", s.bytes.free_blocks},
      {fmt::format("{} unused pools * {} bytes", grouped(s.bytes.free_pools / pool_bytes),
                   grouped(pool_bytes)),
       s.bytes.free_pools},
      {"# bytes lost to pool headers", s.bytes.headers},
      {"# bytes lost to quantization", s.bytes.quantisation},
      {"# bytes lost to arena alignment", s.bytes.arena_alignment},
      {"Total", s.arenas.size() * arena_bytes}};
  for (const auto& [words, number] : lines) {
    if (Outcome wrong = line_of(text, words, number)) return wrong;
  }
  if (s.bytes_requested) {
    if (Outcome wrong = line_of(text, "#   asked for", *s.bytes_requested)) return wrong;
    if (Outcome wrong = line_of(text, "#   lost to rounding", s.bytes.in_use - *s.bytes_requested))
      return wrong;
  }
  for (std::size_t i = 0; i < s.classes.size(); ++i) {
    const ClassStatistics& c = s.classes[i];
    const std::string row = fmt::format("\n{:>5} {:>6} {:>11} {:>15} {:>13}\n", i, c.block_size,
                                        grouped(c.pools), grouped(c.blocks_in_use), grouped(c.blocks_free));
    if ((text.find(row) != std::string::npos) == (c.pools == 0))
      return Violation{"statistics.text", {}, "the class as in the figures:" + row, text};
  }
  for (const ArenaStatistics& a : s.arenas) {
    const std::string row =
        fmt::format("\narena {}: {} of {} pools in use, {} empty, {} fresh; {} bytes in blocks\n", a.index,
                    a.pools_in_use, a.pools_in_use + a.pools_empty + a.pools_fresh, a.pools_empty,
                    a.pools_fresh, grouped(a.bytes_in_use));
    if (text.find(row) == std::string::npos)
      return Violation{"statistics.text", {}, "the arena as in the figures:" + row, text};
  }
  return std::nullopt;
}

[[nodiscard]] Outcome json_holds(const Statistics& s) {
  using nlohmann::json;
  json classes = json::array();
  for (const ClassStatistics& c : s.classes)
    classes.push_back({{"block_size", c.block_size},
                       {"pools", c.pools},
                       {"blocks_in_use", c.blocks_in_use},
                       {"blocks_free", c.blocks_free}});
  json arenas = json::array();
  for (const ArenaStatistics& a : s.arenas)
    arenas.push_back({{"index", a.index},
                      {"address", a.address},
                      {"pools_in_use", a.pools_in_use},
                      {"pools_empty", a.pools_empty},
                      {"pools_fresh", a.pools_fresh},
                      {"bytes_in_use", a.bytes_in_use}});
  json expected = {{"layout", "modern"},
                   {"small_request_threshold", size_classes * class_step},
                   {"pool_size", pool_bytes},
                   {"arena_size", arena_bytes},
                   {"bytes",
                    {{"in_use", s.bytes.in_use},
                     {"free_blocks", s.bytes.free_blocks},
                     {"free_pools", s.bytes.free_pools},
                     {"headers", s.bytes.headers},
                     {"quantisation", s.bytes.quantisation},
                     {"arena_alignment", s.bytes.arena_alignment},
                     {"total", s.arenas.size() * arena_bytes}}},
                   {"arena_events",
                    {{"requested", s.events.requested},
                     {"refused", s.events.refused},
                     {"released", s.events.released},
                     {"kept", s.events.kept},
                     {"most", s.events.most}}},
                   {"classes", classes},
                   {"arenas", arenas}};
  if (s.bytes_requested) {
    expected["bytes"]["requested"] = *s.bytes_requested;
    expected["bytes"]["rounding"] = s.bytes.in_use - *s.bytes_requested;
  }
  const std::string text = to_json(s);
  const json found = json::parse(text, nullptr, false);
  if (found == expected) return std::nullopt;
  return Violation{"statistics.json", {}, expected.dump(), text};
}

}  // namespace

void begin_counting(std::uintptr_t arena, std::size_t size) {
  const std::uintptr_t first = (arena + pool_bytes - 1) / pool_bytes * pool_bytes;
  for (std::uintptr_t pool = first; pool + pool_bytes <= arena + size; pool += pool_bytes) {
    for (const std::uintptr_t offset : {ref_count_at, next_offset_at})
      poke(*std::bit_cast<std::uint32_t*>(pool + offset), std::uint32_t{0});
  }
}

CountedArenas count_arenas(const std::map<std::uintptr_t, std::size_t>& arenas) {
  CountedArenas all;
  all.classes.resize(size_classes);
  for (const auto& [address, size] : arenas) {
    CountedArenas::Arena& arena = all.arenas[address];
    const std::uintptr_t first = (address + pool_bytes - 1) / pool_bytes * pool_bytes;
    const std::uintptr_t end = address + size;
    std::uint64_t pools = 0;
    for (std::uintptr_t pool = first; pool + pool_bytes <= end; pool += pool_bytes) {
      count_pool(pool, arena, all);
      ++pools;
    }
    all.bytes.arena_alignment += size - pools * pool_bytes;
  }
  return all;
}

Outcome figures_hold(const Statistics& figures, const CountedArenas& counted, const ArenaAccount& account) {
  Comparison comparison("statistics.figures");
  comparison.demand("size classes", counted.classes.size(), figures.classes.size());
  comparison.demand("arenas", counted.arenas.size(), figures.arenas.size());
  if (Outcome wrong = comparison.outcome()) return wrong;
  for (std::size_t i = 0; i < counted.classes.size(); ++i) {
    const std::string of_class = fmt::format(" of the class of {} bytes", block_bytes(i));
    comparison.demand("block size" + of_class, block_bytes(i), figures.classes[i].block_size);
    comparison.demand("pools" + of_class, counted.classes[i].pools, figures.classes[i].pools);
    comparison.demand("blocks in use" + of_class, counted.classes[i].blocks_in_use,
                      figures.classes[i].blocks_in_use);
    comparison.demand("free blocks" + of_class, counted.classes[i].blocks_free,
                      figures.classes[i].blocks_free);
  }
  for (const ArenaStatistics& arena : figures.arenas) {
    const auto found = counted.arenas.find(arena.address);
    const std::string of_arena = " of the arena at " + hex(arena.address);
    if (found == counted.arenas.end()) {
      comparison.demand("arenas" + of_arena, 0, 1);
      continue;
    }
    comparison.demand("pools in use" + of_arena, found->second.pools_in_use, arena.pools_in_use);
    comparison.demand("empty pools" + of_arena, found->second.pools_empty, arena.pools_empty);
    comparison.demand("fresh pools" + of_arena, found->second.pools_fresh, arena.pools_fresh);
    comparison.demand("bytes in use" + of_arena, found->second.bytes_in_use, arena.bytes_in_use);
  }
  compare_bytes(comparison, counted.bytes, figures.bytes);
  if (account.exact) {
    comparison.demand("arenas requested", account.requested, figures.events.requested);
    comparison.demand("arenas refused", account.refused, figures.events.refused);
    comparison.demand("arenas released", account.released, figures.events.released);
    comparison.demand("arenas at most", account.most, figures.events.most);
  }
  return comparison.outcome();
}

Outcome texts_hold(const Statistics& figures) {
  const auto of = [](const Statistics& s) {
    Outcome wrong = text_holds(s);
    return wrong ? wrong : json_holds(s);
  };
  Statistics with_requests = figures;
  with_requests.bytes_requested = figures.bytes.in_use - figures.bytes.in_use / 3;
  try {
    Outcome wrong = of(figures);
    return wrong ? wrong : of(with_requests);
  } catch (const std::logic_error& error) {
    return Violation{"statistics.text", {}, "a text, and no exception", error.what()};
  }
}

}  // namespace poolhammer
