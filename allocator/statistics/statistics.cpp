#include "allocator/statistics/statistics.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

namespace pymalloc {
namespace {

/// A number with a comma before every third digit from the right.
[[nodiscard]] std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, 1, ',');
  return digits;
}

[[nodiscard]] std::string right(std::string text, std::size_t width) {
  return text.size() < width ? text.insert(0, width - text.size(), ' ') : text;
}

/// "name                     =          1,234"
[[nodiscard]] std::string line(std::string name, std::uint64_t number) {
  name.resize(std::max<std::size_t>(name.size(), 42), ' ');
  return name + "= " + right(grouped(number), 20) + "\n";
}

using Member = std::pair<std::string_view, std::uint64_t>;

/// {"name":1,...}
[[nodiscard]] std::string object(std::initializer_list<Member> members) {
  std::string text;
  for (const auto& [name, number] : members) {
    text += text.empty() ? "{\"" : ",\"";
    text.append(name).append("\":").append(std::to_string(number));
  }
  return text + "}";
}

/// [{...},{...}]
template <class Elements, class Print>
[[nodiscard]] std::string list(const Elements& elements, const Print& print) {
  std::string text;
  for (const auto& element : elements) text += (text.empty() ? "" : ",") + print(element);
  return "[" + text + "]";
}

[[nodiscard]] std::string classes_text(const Statistics& s) {
  std::string text =
      "class   size   num pools   blocks in use  avail blocks\n"
      "-----   ----   ---------   -------------  ------------\n";
  for (std::size_t index = 0; index < s.classes.size(); ++index) {
    const ClassStatistics& c = s.classes[index];
    if (c.pools == 0) continue;
    text += right(std::to_string(index), 5) + " " + right(std::to_string(c.block_size), 6) + " " +
            right(grouped(c.pools), 11) + " " + right(grouped(c.blocks_in_use), 15) + " " +
            right(grouped(c.blocks_free), 13) + "\n";
  }
  return text;
}

[[nodiscard]] std::string arenas_text(const Statistics& s) {
  std::string text;
  for (const ArenaStatistics& arena : s.arenas) {
    const std::uint64_t pools = arena.pools_in_use + arena.pools_empty + arena.pools_fresh;
    text += "arena " + std::to_string(arena.index) + ": " + std::to_string(arena.pools_in_use) + " of " +
            std::to_string(pools) + " pools in use, " + std::to_string(arena.pools_empty) + " empty, " +
            std::to_string(arena.pools_fresh) + " fresh; " + grouped(arena.bytes_in_use) +
            " bytes in blocks\n";
  }
  return text;
}

}  // namespace

std::string to_text(const Statistics& s) {
  std::string text = "Small block threshold = " + std::to_string(s.small_request_threshold) + ", in " +
                     std::to_string(s.classes.size()) + " size classes (layout " + std::string(s.layout) +
                     ").\n\n" + classes_text(s) + "\n" + line("# arenas requested", s.events.requested) +
                     line("# arenas refused", s.events.refused) +
                     line("# arenas released", s.events.released) +
                     line("# arenas kept though wholly free", s.events.kept) +
                     line("# arenas at most", s.events.most) + line("# arenas now", s.arenas.size()) +
                     line(grouped(s.arenas.size()) + " arenas * " + grouped(s.arena_size) + " bytes/arena",
                          s.arenas.size() * s.arena_size) +
                     "\n" + line("# bytes in allocated blocks", s.bytes.in_use);
  if (s.bytes_requested) {
    text += line("#   asked for", *s.bytes_requested) +
            line("#   lost to rounding", s.bytes.in_use - *s.bytes_requested);
  }
  text +=
      line("# bytes in available blocks", s.bytes.free_blocks) +
      line(grouped(s.bytes.free_pools / s.pool_size) + " unused pools * " + grouped(s.pool_size) + " bytes",
           s.bytes.free_pools) +
      line("# bytes lost to pool headers", s.bytes.headers) +
      line("# bytes lost to quantization", s.bytes.quantisation) +
      line("# bytes lost to arena alignment", s.bytes.arena_alignment) + line("Total", s.bytes.total());
  return s.arenas.empty() ? text : text + "\n" + arenas_text(s);
}

std::string to_json(const Statistics& s) {
  const auto of_class = [](const ClassStatistics& c) {
    return object({{"block_size", c.block_size},
                   {"pools", c.pools},
                   {"blocks_in_use", c.blocks_in_use},
                   {"blocks_free", c.blocks_free}});
  };
  const auto of_arena = [](const ArenaStatistics& a) {
    return object({{"index", a.index},
                   {"address", a.address},
                   {"pools_in_use", a.pools_in_use},
                   {"pools_empty", a.pools_empty},
                   {"pools_fresh", a.pools_fresh},
                   {"bytes_in_use", a.bytes_in_use}});
  };
  std::string bytes = object({{"in_use", s.bytes.in_use},
                              {"free_blocks", s.bytes.free_blocks},
                              {"free_pools", s.bytes.free_pools},
                              {"headers", s.bytes.headers},
                              {"quantisation", s.bytes.quantisation},
                              {"arena_alignment", s.bytes.arena_alignment},
                              {"total", s.bytes.total()}});
  if (s.bytes_requested) {
    bytes.pop_back();
    bytes += ",\"requested\":" + std::to_string(*s.bytes_requested) +
             ",\"rounding\":" + std::to_string(s.bytes.in_use - *s.bytes_requested) + "}";
  }
  return "{\"layout\":\"" + std::string(s.layout) +
         "\",\"small_request_threshold\":" + std::to_string(s.small_request_threshold) +
         ",\"pool_size\":" + std::to_string(s.pool_size) + ",\"arena_size\":" + std::to_string(s.arena_size) +
         ",\"bytes\":" + bytes + ",\"arena_events\":" +
         object({{"requested", s.events.requested},
                 {"refused", s.events.refused},
                 {"released", s.events.released},
                 {"kept", s.events.kept},
                 {"most", s.events.most}}) +
         ",\"classes\":" + list(s.classes, of_class) + ",\"arenas\":" + list(s.arenas, of_arena) + "}";
}

}  // namespace pymalloc
