#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/base/counted.hpp"
#include "harness/picture/svg_parts.hpp"

namespace poolhammer {
namespace {

enum class BlockState : std::uint8_t { held, free, virgin, lost };

/// What one block of a pool is.
struct BlockLook {
  BlockState state = BlockState::virgin;
  HeldBlock held;         ///< of a held one
  std::size_t order = 0;  ///< of a free one: its place in the free list, from 1
};

/// A block that is carved, but neither held nor in the free list, is lost: only a damaged heap has one.
[[nodiscard]] std::vector<BlockLook> looks(const PoolSnapshot& pool) {
  std::vector<BlockLook> blocks(pool.capacity);
  for (std::uint32_t block = 0; block < pool.carved; ++block) blocks[block].state = BlockState::lost;
  for (std::size_t i = pool.free_list.size(); i-- > 0;) {
    blocks[pool.free_list[i]].state = BlockState::free;
    blocks[pool.free_list[i]].order = i + 1;
  }
  for (const auto& [block, held] : pool.held) {
    blocks[block].state = BlockState::held;
    blocks[block].held = held;
  }
  return blocks;
}

[[nodiscard]] std::string block_words(const BlockLook& look) {
  switch (look.state) {
    case BlockState::held:
      return fmt::format("in use: {}, slot {}", counted(look.held.size, "byte"), look.held.slot);
    case BlockState::free:
      return fmt::format("free, number {} of the free list", look.order);
    case BlockState::lost:
      return "neither in use nor in the free list";
    default:
      return "virgin space: never handed out";
  }
}

[[nodiscard]] std::string_view style(BlockState state) {
  switch (state) {
    case BlockState::held:
      return "slack";
    case BlockState::free:
      return "free";
    case BlockState::lost:
      return "used";
    default:
      return "virgin";
  }
}

class PoolPicture {
 public:
  PoolPicture(const Scene& scene, const PoolSnapshot& pool)
      : snapshot_(scene.snapshot),
        pool_(pool),
        blocks_(looks(pool)),
        sheet_(scene, fmt::format("Pool {} of arena {}", pool.name.pool, pool.name.arena)) {
    large_ = pool.capacity <= 64;
    across_ = large_ ? 8 : 32;
    cell_ = large_ ? Point{112, 48} : Point{28, 28};
  }

  void header() {
    const PoolView& h = pool_.header;
    sheet_.heading(
        fmt::format("Header: {} at {:#x}", counted(snapshot_.layout.overhead(), "byte"), pool_.address));
    if (pool_.state == PoolState::virgin) return sheet_.line("not yet carved: there is no header");
    const std::string head = fmt::format("the head of class {}", h.size_class);
    const bool listed = pool_.state == PoolState::used;
    const auto link = [&](std::uintptr_t to) {
      if (to == 0) return listed ? head : std::string("null");
      return pool_at_words(snapshot_, to) + (pool_.state == PoolState::full ? " (stale)" : "");
    };
    const std::array<std::pair<std::string_view, std::string>, 8> fields = {{
        {"ref.count", fmt::format("{} of {} in use", h.ref_count, counted(pool_.capacity, "block"))},
        {"freeblock", freeblock()},
        {"nextpool", link(h.nextpool)},
        {"prevpool", pool_.state == PoolState::empty ? "stale" : link(h.prevpool)},
        {"arenaindex", fmt::format("{}", h.arena_index)},
        {"szidx", class_words(snapshot_.layout, h.size_class)},
        {"nextoffset", fmt::format("{}: {} carved", h.next_offset, counted(pool_.carved, "block"))},
        {"maxnextoffset", fmt::format("{}", h.max_next_offset)},
    }};
    for (std::size_t i = 0; i < fields.size(); ++i) field(fields[i].first, fields[i].second, i);
    sheet_.down(4 * 30 + 10);
  }

  void blocks() {
    if (pool_.state == PoolState::virgin) return;
    sheet_.heading(fmt::format("Blocks: {} of {}, pool {}", pool_.capacity, counted(pool_.block_size, "byte"),
                               word(pool_.state)));
    top_ = sheet_.y() + 8;
    for (std::uint32_t block = 0; block < pool_.capacity; ++block) draw(block);
    free_list();
    const unsigned rows = (pool_.capacity + across_ - 1) / across_;
    if (sheet_.is_guilty(pool_.name) && sheet_.place().block && *sheet_.place().block < pool_.capacity)
      sheet_.guilty(at(*sheet_.place().block), {cell_.x - 4, cell_.y - 4});
    sheet_.down(8 + rows * cell_.y + 8);
    sheet_.line(fmt::format("Free list: {}", free_list_words()));
  }

  [[nodiscard]] std::string finished() {
    sheet_.legend({{"held", "in use: the bytes asked for"},
                   {"slack", "in use: behind what was asked for"},
                   {"free", "in the free list, with its place in it"},
                   {"virgin", "virgin space: never handed out"},
                   {"head", "the pool's header"},
                   {"guilty", "here the finding lies"}});
    return sheet_.finished();
  }

 private:
  [[nodiscard]] Point at(std::uint32_t block) const {
    const std::uint32_t row = block / across_;
    return {picture_margin + (block % across_) * cell_.x, top_ + row * cell_.y};
  }

  [[nodiscard]] std::string freeblock() const {
    if (pool_.header.freeblock == 0) return "null";
    if (!pool_.free_list.empty()) return fmt::format("block {}", pool_.free_list.front());
    return fmt::format("{:#x}, no block of the pool", pool_.header.freeblock);
  }

  void field(std::string_view name, const std::string& value, std::size_t number) {
    constexpr double width = 440;
    const std::size_t row = number / 2;
    const Point place{picture_margin + (number % 2 == 0 ? 0 : width + 16),
                      sheet_.y() + static_cast<double>(row) * 30};
    sheet_.svg().box("head", place, {120, 26});
    sheet_.svg().box("used", {place.x + 120, place.y}, {width - 120, 26});
    sheet_.svg().text("", {place.x + 8, place.y + 17}, name);
    sheet_.svg().text("", {place.x + 128, place.y + 17}, value);
  }

  void draw(std::uint32_t block) {
    SvgWriter& svg = sheet_.svg();
    const BlockLook& look = blocks_[block];
    const Point place = at(block);
    const Point extent{cell_.x - 4, cell_.y - 4};
    svg.begin("block", fmt::format("block {}: {}", block, block_words(look)));
    if (look.state == BlockState::held) {
      const double bar = large_ ? 9 : extent.y;
      const double share = std::min(1.0, static_cast<double>(look.held.size) / pool_.block_size);
      svg.box("used", place, extent);
      svg.box("slack", {place.x, place.y + extent.y - bar}, {extent.x, bar});
      svg.box("held", {place.x, place.y + extent.y - bar}, {extent.x * share, bar});
    } else {
      svg.box(style(look.state), place, extent);
    }
    const bool free = look.state == BlockState::free;
    if (large_) {
      if (look.state == BlockState::virgin) svg.box("plate", {place.x + 4, place.y + 4}, {56, extent.y - 8});
      svg.text(free ? "small on-free" : "small", {place.x + 8, place.y + 15}, fmt::format("block {}", block));
      svg.text(free ? "small on-free" : "small", {place.x + 8, place.y + 29}, label(look));
    } else if (free) {
      svg.text("small middle on-free", {place.x + extent.x / 2, place.y + 16}, fmt::format("{}", look.order));
    }
    svg.end();
  }

  [[nodiscard]] static std::string label(const BlockLook& look) {
    switch (look.state) {
      case BlockState::held:
        return fmt::format("slot {}, {} B", look.held.slot, look.held.size);
      case BlockState::free:
        return fmt::format("free, no. {}", look.order);
      case BlockState::lost:
        return "lost";
      default:
        return "virgin";
    }
  }

  /// Arrows where they can be followed by eye; the numbers in the blocks tell the order in any case.
  void free_list() {
    constexpr std::size_t most_arrows = 24;
    if (pool_.free_list.size() > most_arrows || !large_) return;
    for (std::size_t i = 0; i + 1 < pool_.free_list.size(); ++i) {
      const Point from = at(pool_.free_list[i]);
      const Point to = at(pool_.free_list[i + 1]);
      const Point half{(cell_.x - 4) / 2, 4};
      sheet_.svg().arrow("link", {from.x + half.x, from.y + half.y}, {to.x + half.x, to.y + half.y}, 26);
    }
  }

  [[nodiscard]] std::string free_list_words() const {
    constexpr std::size_t most = 24;
    std::string words = "freeblock -> ";
    for (std::size_t i = 0; i < pool_.free_list.size() && i < most; ++i)
      words += fmt::format("{} -> ", pool_.free_list[i]);
    if (pool_.free_list.size() > most) words += fmt::format("({} more) -> ", pool_.free_list.size() - most);
    switch (pool_.free_list_end) {
      case ListEnd::outside:
        return words + "an address that is no block of the pool";
      case ListEnd::around:
        return words + "around in itself";
      default:
        return words + "null";
    }
  }

  const Snapshot& snapshot_;
  const PoolSnapshot& pool_;
  std::vector<BlockLook> blocks_;
  Sheet sheet_;
  bool large_ = true;
  unsigned across_ = 8;
  Point cell_;
  double top_ = 0;
};

}  // namespace

std::string pool_svg(const Scene& scene, const PoolName& pool) {
  PoolPicture picture(scene, *find_pool(scene.snapshot, pool));
  picture.header();
  picture.blocks();
  return picture.finished();
}

std::string block_svg(const Scene& scene, const PoolName& name, std::uint32_t block) {
  const PoolSnapshot& pool = *find_pool(scene.snapshot, name);
  const BlockLook look = looks(pool)[block];
  Sheet sheet(scene, fmt::format("Block {} of {}", block, pool_words(name)));
  const std::uintptr_t address =
      pool.address + scene.snapshot.layout.overhead() + std::uintptr_t{block} * pool.block_size;
  sheet.line(fmt::format("{} at {:#x}, {}", counted(pool.block_size, "byte"), address, block_words(look)));
  sheet.line(fmt::format("{}; blocks are aligned to {}",
                         class_words(scene.snapshot.layout, pool.header.size_class),
                         counted(scene.snapshot.layout.alignment, "byte")));
  constexpr std::uint32_t across = 32;
  constexpr double cell = 28;
  constexpr std::uint32_t link = 8;
  const double top = sheet.y() + 16;
  for (std::uint32_t byte = 0; byte < pool.block_size; ++byte) {
    const std::uint32_t row = byte / across;
    const Point at{picture_margin + (byte % across) * cell, top + row * (cell + 4)};
    std::string_view look_of_byte = style(look.state);
    if (look.state == BlockState::held && byte < look.held.size) look_of_byte = "held";
    if (look.state == BlockState::free && byte >= link) look_of_byte = "used";
    sheet.svg().box(look_of_byte, at, {cell - 2, cell - 2});
    if (byte % 8 == 0) {
      const bool dark = look_of_byte == "held";
      sheet.svg().text(dark                     ? "small middle on-held"
                       : look_of_byte == "free" ? "small middle on-free"
                                                : "small middle",
                       {at.x + 13, at.y + 17}, fmt::format("{}", byte));
    }
  }
  const std::uint32_t rows = (pool.block_size + across - 1) / across;
  if (sheet.is_guilty(name) && sheet.place().block == block)
    sheet.guilty({picture_margin, top},
                 {std::min(across, pool.block_size) * cell - 2, rows * (cell + 4) - 6});
  sheet.down(16 + rows * (cell + 4) + 8);
  sheet.legend({{"held", "a byte that was asked for"},
                {"slack", "a byte behind what was asked for"},
                {"free", "the link to the next free block"},
                {"used", "a byte of a free block"},
                {"virgin", "virgin space: never handed out"},
                {"guilty", "here the finding lies"}});
  return sheet.finished();
}

}  // namespace poolhammer
