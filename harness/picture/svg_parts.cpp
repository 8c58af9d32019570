#include "harness/picture/svg_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/counted.hpp"
#include "harness/picture/place_words.hpp"

namespace poolhammer {

const ArenaSnapshot* find_arena(const Snapshot& snapshot, std::uint32_t index) {
  for (const ArenaSnapshot& arena : snapshot.arenas) {
    if (arena.index == index) return &arena;
  }
  return nullptr;
}

const PoolSnapshot* find_pool(const Snapshot& snapshot, const PoolName& name) {
  const ArenaSnapshot* const arena = find_arena(snapshot, name.arena);
  return arena != nullptr && name.pool < arena->pools.size() ? &arena->pools[name.pool] : nullptr;
}

std::string class_words(const ModelLayout& layout, std::uint32_t size_class) {
  if (size_class >= layout.classes()) return fmt::format("class {}: none of the layout", size_class);
  return fmt::format("class {}: {} to {}", size_class,
                     size_class == 0 ? 1 : layout.block_size(size_class - 1) + 1,
                     counted(layout.block_size(size_class), "byte"));
}

std::string pool_words(const PoolName& name) {
  return fmt::format("pool {} of arena {}", name.pool, name.arena);
}

std::string pool_at_words(const Snapshot& snapshot, std::uintptr_t address) {
  if (address == 0) return "null";
  for (const ArenaSnapshot& arena : snapshot.arenas) {
    for (const PoolSnapshot& pool : arena.pools) {
      if (pool.address == address) return pool_words(pool.name);
    }
  }
  return fmt::format("{:#x}, no pool", address);
}

Sheet::Sheet(const Scene& scene, std::string title)
    : scene_(scene),
      title_(std::move(title)),
      place_(scene.finding ? location_in(scene.finding->where) : pymalloc::Location{}) {
  heading(fmt::format("{} of {}", title_, scene.subject));
  line(scene.moment);
  if (scene.finding) tell(*scene.finding);
  y_ += 8;
}

void Sheet::tell(const Finding& finding) {
  svg_.text("of-guilty", {picture_margin, y_ + 12},
            fmt::format("FINDING: {} {}", finding.oracle, finding.where));
  y_ += 20;
  line(fmt::format("expected {}, found {}", finding.expected, finding.found));
}

void Sheet::heading(std::string_view words) {
  svg_.text("heading", {picture_margin, y_ + 16}, words);
  y_ += 26;
}

void Sheet::line(std::string_view words) {
  svg_.text("faint", {picture_margin, y_ + 12}, words);
  y_ += 20;
}

void Sheet::guilty(Point at, Point extent) {
  svg_.box("guilty", {at.x - 2, at.y - 2}, {extent.x + 4, extent.y + 4}, "here the finding lies");
}

void Sheet::legend(const std::vector<LegendRow>& rows) {
  constexpr double column = 300;
  y_ += 10;
  heading("Legend");
  double x = picture_margin;
  for (const auto& [look, meaning] : rows) {
    if (x + column > picture_width) {
      x = picture_margin;
      y_ += 24;
    }
    svg_.box(look, {x, y_}, {24, 16});
    svg_.text("small", {x + 32, y_ + 12}, meaning);
    x += column;
  }
  y_ += 24;
}

std::optional<std::uint32_t> Sheet::guilty_list() const {
  if (!scene_.finding) return std::nullopt;
  const std::string& oracle = scene_.finding->oracle;
  const bool of_lists = oracle.find("used-lists") != std::string::npos || oracle == "model.lists";
  return of_lists || !place_.pool ? place_.size_class : std::nullopt;
}

std::string Sheet::finished() const {
  return svg_.finished({picture_width, y_ + picture_margin}, fmt::format("{} of {}", title_, scene_.subject),
                       scene_.moment);
}

}  // namespace poolhammer
