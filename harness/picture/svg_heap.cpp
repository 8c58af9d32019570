#include <fmt/format.h>

#include <algorithm>

#include "harness/base/counted.hpp"
#include "harness/picture/svg_parts.hpp"

namespace poolhammer {
namespace {

constexpr unsigned cells_a_row = 16;
constexpr double cell_width = 56;
constexpr double cell_height = 40;
constexpr double bar_height = 9;

[[nodiscard]] std::string ending(ListEnd end) {
  switch (end) {
    case ListEnd::outside:
      return "leads out of the heap";
    case ListEnd::around:
      return "leads around in itself";
    default:
      return "";
  }
}

[[nodiscard]] std::string hint(const Snapshot& snapshot, const PoolSnapshot& pool) {
  if (pool.state == PoolState::virgin) return fmt::format("{}: not yet carved", pool_words(pool.name));
  return fmt::format("{}, {}: {}, {} of {} in use, {} in the free list", pool_words(pool.name),
                     word(pool.state), class_words(snapshot.layout, pool.header.size_class),
                     pool.header.ref_count, counted(pool.capacity, "block"), pool.free_list.size());
}

class HeapPicture {
 public:
  HeapPicture(const Scene& scene, std::string title)
      : snapshot_(scene.snapshot), sheet_(scene, std::move(title)) {}

  void arena(const ArenaSnapshot& arena) {
    const ArenaView& object = arena.object;
    sheet_.heading(fmt::format("arena {} at {:#x}", arena.index, object.address));
    const bool usable = std::find(snapshot_.usable_arenas.begin(), snapshot_.usable_arenas.end(),
                                  arena.index) != snapshot_.usable_arenas.end();
    sheet_.line(fmt::format("nfreepools {} of ntotalpools {}, {}, freepools: {}", object.nfreepools,
                            object.ntotalpools, usable ? "usable" : "in no list", freepools(arena)));
    const double top = sheet_.y();
    for (const PoolSnapshot& pool : arena.pools) {
      const unsigned column = pool.name.pool % cells_a_row;
      const unsigned row = pool.name.pool / cells_a_row;
      cell(pool, {picture_margin + column * cell_width, top + row * (cell_height + 4)});
    }
    const auto rows = (arena.pools.size() + cells_a_row - 1) / cells_a_row;
    const double height = static_cast<double>(rows) * (cell_height + 4);
    if (sheet_.place().arena == arena.index && !sheet_.place().pool)
      sheet_.guilty({picture_margin - 4, top - 4}, {cells_a_row * cell_width + 8, height + 4});
    sheet_.down(height + 12);
  }

  void used_lists() {
    sheet_.heading("Used lists: the pools of each class that have a free block");
    if (snapshot_.used_lists.empty()) sheet_.line("all empty");
    const std::optional<std::uint32_t> guilty_class = sheet_.guilty_list();
    std::vector<UsedListSnapshot> lists = snapshot_.used_lists;
    if (guilty_class && std::none_of(lists.begin(), lists.end(), [&](const UsedListSnapshot& list) {
          return list.size_class == *guilty_class;
        }))
      lists.push_back({*guilty_class, {}, ListEnd::proper});
    for (const UsedListSnapshot& list : lists) {
      std::vector<std::string> names;
      for (const PoolName& pool : list.pools) names.push_back(fmt::format("{}.{}", pool.arena, pool.pool));
      const bool guilty = guilty_class == list.size_class;
      chain(fmt::format("{}", class_words(snapshot_.layout, list.size_class)), names,
            list.end == ListEnd::proper ? "head" : ending(list.end), guilty);
    }
    sheet_.line("0.3 is pool 3 of arena 0; the first of a list serves the next request of its class");
    sheet_.down(6);
  }

  void usable_arenas() {
    sheet_.heading("Usable arenas: those with a free pool, the fullest first");
    std::vector<std::string> names;
    for (const std::uint32_t arena : snapshot_.usable_arenas) names.push_back(fmt::format("{}", arena));
    chain("usable_arenas", names,
          snapshot_.usable_arenas_end == ListEnd::proper ? "null" : ending(snapshot_.usable_arenas_end),
          false);
    std::uint64_t bytes = 0;
    for (const auto& block : snapshot_.outside) bytes += block.second.size;
    sheet_.line(fmt::format("blocks outside the pools, with the raw allocator: {}, of {}",
                            snapshot_.outside.size(), counted(bytes, "byte")));
  }

  [[nodiscard]] std::string finished() {
    sheet_.legend({{"held", "blocks in use, as a share of the pool"},
                   {"full", "full pool: every block in use"},
                   {"used", "free blocks and virgin space"},
                   {"empty", "empty pool: no block in use"},
                   {"virgin", "pool not yet carved"},
                   {"guilty", "here the finding lies"}});
    return sheet_.finished();
  }

 private:
  void cell(const PoolSnapshot& pool, Point at) {
    SvgWriter& svg = sheet_.svg();
    const Point extent{cell_width - 4, cell_height};
    svg.begin(fmt::format("pool-{}", word(pool.state)), hint(snapshot_, pool));
    svg.box(word(pool.state), at, extent);
    if (pool.state == PoolState::used && pool.capacity != 0) {
      const double share = static_cast<double>(pool.header.ref_count) / pool.capacity;
      svg.box("held", {at.x, at.y + extent.y - bar_height}, {extent.x * share, bar_height});
    }
    if (pool.state != PoolState::virgin) {
      const bool full = pool.state == PoolState::full;
      const std::string_view words = full ? "small middle on-held" : "small middle";
      svg.text(words, {at.x + extent.x / 2, at.y + 13}, fmt::format("class {}", pool.header.size_class));
      svg.text(words, {at.x + extent.x / 2, at.y + 26},
               fmt::format("{}/{}", pool.header.ref_count, pool.capacity));
    }
    svg.end();
    if (sheet_.is_guilty(pool.name)) sheet_.guilty(at, extent);
  }

  /// The pools of an arena's list of empty ones, as far as it stays in the arena.
  [[nodiscard]] std::string freepools(const ArenaSnapshot& arena) const {
    std::string words;
    std::size_t left = arena.pools.size();
    for (std::uintptr_t at = arena.object.freepools; at != 0; --left) {
      const auto pool = std::find_if(arena.pools.begin(), arena.pools.end(), [&](const PoolSnapshot& each) {
        return each.address == at && each.state != PoolState::virgin;
      });
      if (pool == arena.pools.end()) return words + "out of the arena";
      if (left == 0) return words + "around in itself";
      words += fmt::format("{}, ", pool->name.pool);
      at = pool->header.nextpool;
    }
    return words.empty() ? "none" : words.substr(0, words.size() - 2);
  }

  /// A list as boxes with arrows from each to the next.
  void chain(std::string_view name, const std::vector<std::string>& members, std::string_view end,
             bool guilty) {
    constexpr double left = picture_margin + 190;
    constexpr double step = 66;
    constexpr double box = 44;
    constexpr double height = 22;
    SvgWriter& svg = sheet_.svg();
    svg.text("small", {picture_margin, sheet_.y() + 15}, name);
    double x = left;
    svg.arrow("", {x - 22, sheet_.y() + height / 2}, {x - 2, sheet_.y() + height / 2});
    for (const std::string& member : members) {
      if (x + step + 30 > picture_width) {
        x = left;
        sheet_.down(height + 8);
      }
      svg.box("head", {x, sheet_.y()}, {box, height});
      svg.text("small middle", {x + box / 2, sheet_.y() + 15}, member);
      svg.arrow("", {x + box, sheet_.y() + height / 2}, {x + step - 2, sheet_.y() + height / 2});
      x += step;
    }
    svg.text("small faint", {x + 2, sheet_.y() + 15}, end);
    if (guilty) sheet_.guilty({picture_margin - 4, sheet_.y()}, {picture_width - 2 * picture_margin, height});
    sheet_.down(height + 8);
  }

  const Snapshot& snapshot_;
  Sheet sheet_;
};

}  // namespace

std::string heap_svg(const Scene& scene) {
  HeapPicture picture(scene, "The heap");
  for (const ArenaSnapshot& arena : scene.snapshot.arenas) picture.arena(arena);
  picture.used_lists();
  picture.usable_arenas();
  return picture.finished();
}

std::string arena_svg(const Scene& scene, std::uint32_t arena) {
  HeapPicture picture(scene, fmt::format("Arena {}", arena));
  picture.arena(*find_arena(scene.snapshot, arena));
  return picture.finished();
}

}  // namespace poolhammer
