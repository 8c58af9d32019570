#include "harness/run/placements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <span>
#include <string_view>

#include "harness/base/counted.hpp"

namespace poolhammer {
namespace {

using pymalloc::Call;
using pymalloc::JournalEntry;

}  // namespace

Placements::Side::Side(Subject& of)
    : subject(of), view(*of.view()), journal(*of.journal()), origin(of.origin()) {
  journal.open(true);
}

std::string Placements::Side::name(std::uintptr_t address) const {
  return address == 0 ? "NULL" : fmt::format("origin + {:#x}", address - origin);
}

std::string Placements::Side::words(const JournalEntry& entry) const {
  const auto gets = [&] {
    return fmt::format("{}, answered {}", counted(entry.size, "byte"), name(entry.answer));
  };
  switch (entry.call) {
    case Call::arena_request:
      return "an arena of " + gets();
    case Call::arena_release:
      return fmt::format("the release of the arena at {}, {}", name(entry.block),
                         counted(entry.size, "byte"));
    case Call::raw_malloc:
      return "raw malloc of " + gets();
    case Call::raw_calloc:
      return "raw calloc of " + gets();
    case Call::raw_realloc:
      return fmt::format("raw realloc of {} to {}", name(entry.block), gets());
    case Call::raw_free:
      return "raw free of " + name(entry.block);
  }
  return "";
}

Placements::Placements(Subject& subject, Subject& judge)
    : subject_(subject),
      judge_(judge),
      pool_size_(subject_.view.layout().pool_size),
      arena_size_(subject_.view.layout().arena_size) {}

Placements::~Placements() {
  subject_.journal.open(false);
  judge_.journal.open(false);
}

std::optional<Complaint> Placements::answers(const void* subjects, const void* judges) const {
  const auto mine = std::bit_cast<std::uintptr_t>(subjects);
  const auto right = std::bit_cast<std::uintptr_t>(judges);
  if (same(mine, right)) return std::nullopt;
  const auto words = [](const Side& side, std::uintptr_t address) {
    if (address == 0) return side.name(address);
    return fmt::format("{} ({})", side.name(address),
                       side.subject.locate(std::bit_cast<const void*>(address)));
  };
  return Complaint{"against.answer", "", words(judge_, right), words(subject_, mine)};
}

std::optional<Complaint> Placements::requests() {
  const std::span<const JournalEntry> mine = subject_.journal.entries();
  const std::span<const JournalEntry> right = judge_.journal.entries();
  if (mine.empty() && right.empty()) return std::nullopt;
  const auto equal = [this](const JournalEntry& a, const JournalEntry& b) {
    return a.call == b.call && a.size == b.size && same(a.block, b.block) && same(a.answer, b.answer);
  };
  const auto [differs, expected] = std::ranges::mismatch(mine, right, equal);
  if (differs != mine.end() || expected != right.end()) {
    const auto words = [](const Side& side, std::span<const JournalEntry> entries, auto entry) {
      return entry == entries.end() ? std::string("nothing") : side.words(*entry);
    };
    return Complaint{"against.requests", fmt::format("request {} of the step", differs - mine.begin()),
                     words(judge_, right, expected), words(subject_, mine, differs)};
  }
  learn_arenas();
  subject_.journal.clear();
  judge_.journal.clear();
  return std::nullopt;
}

void Placements::learn_arenas() {
  for (const JournalEntry& entry : subject_.journal.entries()) {
    if (entry.call == Call::arena_request && entry.answer != 0) arenas_.insert(subject_.place(entry.answer));
    if (entry.call != Call::arena_release) continue;
    const std::uintptr_t arena = subject_.place(entry.block);
    arenas_.erase(arena);
    carved_.erase(carved_.lower_bound(arena), carved_.lower_bound(arena + arena_size_));
  }
}

bool Placements::is_pool(std::uintptr_t place) const {
  const auto after = arenas_.upper_bound(place);
  if (after == arenas_.begin()) return false;
  const std::uintptr_t arena = *std::prev(after);
  return place - arena <= arena_size_ - pool_size_;
}

std::optional<Complaint> Placements::header(std::uintptr_t place) const {
  const PoolView mine = subject_.view.pool(subject_.origin + place);
  const PoolView right = judge_.view.pool(judge_.origin + place);
  const auto complain = [&](std::string_view field, const std::string& expected, const std::string& found) {
    return Complaint{"against.pool", fmt::format("the pool at {}", subject_.name(subject_.origin + place)),
                     fmt::format("{} = {}", field, expected), fmt::format("{} = {}", field, found)};
  };
  struct Number {
    std::string_view name;
    std::uint32_t PoolView::*field;
  };
  for (const auto& [name, field] :
       {Number{"ref.count", &PoolView::ref_count}, Number{"szidx", &PoolView::size_class},
        Number{"nextoffset", &PoolView::next_offset}, Number{"maxnextoffset", &PoolView::max_next_offset},
        Number{"arenaindex", &PoolView::arena_index}}) {
    if (mine.*field != right.*field)
      return complain(name, std::to_string(right.*field), std::to_string(mine.*field));
  }
  struct Pointer {
    std::string_view name;
    std::uintptr_t PoolView::*field;
  };
  for (const auto& [name, field] :
       {Pointer{"freeblock", &PoolView::freeblock}, Pointer{"nextpool", &PoolView::nextpool},
        Pointer{"prevpool", &PoolView::prevpool}}) {
    if (!same(mine.*field, right.*field))
      return complain(name, judge_.name(right.*field), subject_.name(mine.*field));
  }
  return std::nullopt;
}

std::optional<Complaint> Placements::link(std::uintptr_t place) const {
  const std::uintptr_t mine = subject_.view.link(subject_.origin + place);
  const std::uintptr_t right = judge_.view.link(judge_.origin + place);
  if (same(mine, right)) return std::nullopt;
  return Complaint{"against.free-list",
                   fmt::format("the free block at {}", subject_.name(subject_.origin + place)),
                   "a link to " + judge_.name(right), "a link to " + subject_.name(mine)};
}

std::optional<Complaint> Placements::free_list(std::uintptr_t pool) const {
  // The headers are the same. A damaged list is followed as long as it stays in its pool, and no further than
  // every block once.
  std::uintptr_t block = subject_.view.pool(subject_.origin + pool).freeblock;
  for (std::uintptr_t left = pool_size_ / sizeof(block); block != 0 && left > 0; --left) {
    const std::uintptr_t place = subject_.place(block);
    if (place - pool > pool_size_ - sizeof(block)) return std::nullopt;
    if (auto complaint = link(place)) return complaint;
    block = subject_.view.link(block);
  }
  return std::nullopt;
}

std::optional<Complaint> Placements::pool_of(const void* block, bool freed) {
  const std::uintptr_t place = subject_.place(std::bit_cast<std::uintptr_t>(block));
  const std::uintptr_t pool = place / pool_size_ * pool_size_;
  if (!is_pool(pool)) return std::nullopt;
  carved_.insert(pool);
  if (auto complaint = header(pool)) return complaint;
  return freed ? link(place) : std::nullopt;
}

std::optional<Complaint> Placements::pools() const {
  for (const std::uintptr_t pool : carved_) {
    if (auto complaint = header(pool)) return complaint;
    if (auto complaint = free_list(pool)) return complaint;
  }
  return std::nullopt;
}

}  // namespace poolhammer
