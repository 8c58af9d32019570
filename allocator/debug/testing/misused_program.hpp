#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "allocator/debug/testing/debugged_client.hpp"

namespace pymalloc {

/// What a program with one misuse came to.
struct MisuseOutcome {
  std::string complaint{};              ///< what the layer did wrong; empty where nothing
  std::optional<DamageKind> planted{};  ///< what the program did wrong, if anything
  bool by_registry = false;
  std::size_t steps = 0;
};

/// A random program that is correct but for one misuse of a random kind at a random step, and what the debug
/// layer must say about that: exactly one report, of this kind, byte, block and domain.
class MisusedProgram {
 public:
  explicit MisusedProgram(std::span<const std::byte> input) : decisions_(input), client_(decisions_) {}

  [[nodiscard]] MisuseOutcome run() {
    const std::size_t kind = decisions_.below(damage_kinds + 1);  // the last: none
    const std::size_t plant_from = decisions_.below(100);
    MisuseOutcome outcome{.by_registry = client_.knows_by_registry()};
    while (decisions_.any_left() && client_.complaint.empty() && outcome.steps < most_steps) {
      client_.step();
      ++outcome.steps;
      if (outcome.steps > plant_from && kind < damage_kinds && !outcome.planted &&
          client_.complaint.empty() && plant(static_cast<DamageKind>(kind))) {
        outcome.planted = static_cast<DamageKind>(kind);
      }
    }
    if (client_.complaint.empty()) client_.finish();
    outcome.complaint = client_.complaint;
    return outcome;
  }

 private:
  static constexpr std::size_t most_steps = 2000;

  /// Commits a misuse and takes its traces back; false where the program has nothing to misuse now.
  [[nodiscard]] bool plant(DamageKind kind) {
    // The misuse itself is not about refusals.
    client_.base.cancel_refusal();
    switch (kind) {
      case DamageKind::foreign_pointer:
        foreign_pointer();
        return true;
      case DamageKind::use_after_free:
        return use_after_free();
      default:
        break;
    }
    if (client_.live.empty()) return false;
    const std::size_t index = client_.any(client_.live);
    const ClientBlock block = client_.live.at(index);
    switch (kind) {
      case DamageKind::overflow:
        overflow(block);
        break;
      case DamageKind::underflow:
        underflow(block);
        break;
      case DamageKind::double_free:
        double_free(index, block);
        break;
      case DamageKind::interior_pointer:
        interior_pointer(block);
        break;
      default:
        wrong_domain(block);
        break;
    }
    return true;
  }

  void overflow(const ClientBlock& block) {
    const std::size_t reach =
        client_.knows_by_registry() ? BlockShape::tail(client_.setup.options.serials) : 8;
    const std::size_t first = decisions_.below(reach);
    const std::size_t count = 1 + decisions_.below(reach - first);
    const auto offset = static_cast<std::ptrdiff_t>(block.size + first);
    damage_live(block, offset, count, expected_of(DamageKind::overflow, block, offset));
  }

  void underflow(const ClientBlock& block) {
    const std::size_t reach = client_.knows_by_registry() ? 16 : 8;
    const std::size_t nearest = decisions_.below(reach);
    const std::size_t count = 1 + decisions_.below(reach - nearest);
    const auto offset = -1 - static_cast<std::ptrdiff_t>(nearest);
    damage_live(block, offset - static_cast<std::ptrdiff_t>(count) + 1, count,
                expected_of(DamageKind::underflow, block, offset));
  }

  void damage_live(const ClientBlock& block, std::ptrdiff_t first, std::size_t count, BlockDamage expected) {
    const std::vector<std::byte> before = change(block, first, count);
    if (client_.knows_by_registry() && decisions_.below(3) == 0) {
      expected.noticed_by = NoticedBy::check;
      client_.demand(client_.layer(block.domain).check() == 1, "check() does not find one damaged block");
    } else {
      give_back(block.domain, block.data, expected);
    }
    expect(expected);
    std::ranges::copy(before, block.data + first);
  }

  void double_free(std::size_t index, const ClientBlock& block) {
    client_.release(index);
    BlockDamage expected = expected_of(DamageKind::double_free, block, 0);
    if (!client_.knows_by_registry()) {
      expected.size.reset();
      expected.serial.reset();
      if (client_.setup.freed == FreedMemory::overwritten) {
        // Nothing is left to know it by.
        expected.kind = DamageKind::foreign_pointer;
        expected.owner.reset();
      }
    }
    expected.freed = expected.kind == DamageKind::double_free;
    give_back(block.domain, block.data, expected);
    expect(expected);
  }

  [[nodiscard]] bool use_after_free() {
    const Domain domain = client_.any_domain();
    if (client_.held(domain).empty()) return false;
    const ClientBlock block = client_.held(domain).at(decisions_.below(client_.held(domain).size()));
    const std::size_t first = decisions_.below(client_.total(block));
    const std::size_t count = 1 + decisions_.below(std::min<std::size_t>(client_.total(block) - first, 20));
    const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(first) + BlockShape::begin();
    BlockDamage expected = expected_of(DamageKind::use_after_free, block, offset);
    expected.freed = true;
    const std::vector<std::byte> before = change(block, offset, count);
    if (decisions_.below(2) == 0) {
      expected.noticed_by = NoticedBy::check;
      client_.demand(client_.layer(domain).check() == 1, "check() does not find one damaged block");
      expect(expected);
      std::ranges::copy(before, block.data + offset);
    } else {
      expected.noticed_by = NoticedBy::release;
      client_.flush(domain);
      expect(expected);
    }
    return true;
  }

  void foreign_pointer() {
    std::array<std::byte, 64> own = {};
    const auto small = static_cast<std::uintptr_t>(decisions_.below(4096) + 1);
    const std::array<std::uintptr_t, 5> wild = {
        reinterpret_cast<std::uintptr_t>(own.data()) + small % own.size(),
        reinterpret_cast<std::uintptr_t>(client_.base.never_given()) + 32 + small % 32,
        small,                               // the first page, which is nobody's
        (std::uintptr_t{1} << 60U) + small,  // no address at all
        ~std::uintptr_t{0} - small + 1,      // the end of the address space
    };
    const std::uintptr_t pointer = wild.at(decisions_.below(wild.size()));
    const Domain domain = client_.any_domain();
    BlockDamage expected{.kind = DamageKind::foreign_pointer, .layer = domain, .address = pointer};
    give_back(domain, std::bit_cast<void*>(pointer), expected);
    expect(expected);
  }

  /// Known by their bytes alone, blocks have no inside; and what is before a block is not known at all.
  void interior_pointer(const ClientBlock& block) {
    const bool exact = client_.knows_by_registry();
    const std::size_t guards = exact ? BlockShape::prefix : 0;
    const std::size_t place = decisions_.below(client_.total(block) - BlockShape::prefix + guards);
    auto offset = static_cast<std::ptrdiff_t>(place) - static_cast<std::ptrdiff_t>(guards);
    if (offset == 0) offset = 1;
    BlockDamage expected = expected_of(DamageKind::interior_pointer, block, offset);
    if (!exact) {
      expected = {.kind = DamageKind::foreign_pointer,
                  .layer = block.domain,
                  .address = expected.address + static_cast<std::uintptr_t>(offset)};
    }
    give_back(block.domain, block.data + offset, expected);
    expect(expected);
  }

  void wrong_domain(const ClientBlock& block) {
    const auto other =
        static_cast<Domain>((static_cast<std::size_t>(block.domain) + 1 + decisions_.below(2)) % domains);
    BlockDamage expected = expected_of(DamageKind::wrong_domain, block, 0);
    expected.layer = other;
    expected.serial.reset();
    give_back(other, block.data, expected);
    expect(expected);
  }

  /// Frees or resizes what must be refused.
  void give_back(Domain domain, void* pointer, BlockDamage& expected) {
    if (decisions_.below(2) == 0) {
      expected.noticed_by = NoticedBy::free;
      client_.layer(domain).free(pointer);
    } else {
      expected.noticed_by = NoticedBy::realloc;
      client_.demand(client_.layer(domain).realloc(pointer, decisions_.below(100)) == nullptr,
                     "realloc resized what it had reported");
    }
  }

  /// Changes each byte of a range; what was there. Never makes one of the layer's own patterns.
  [[nodiscard]] static std::vector<std::byte> change(const ClientBlock& block, std::ptrdiff_t first,
                                                     std::size_t count) {
    std::vector<std::byte> before(block.data + first, block.data + first + count);
    for (std::size_t i = 0; i < count; ++i)
      block.data[first + static_cast<std::ptrdiff_t>(i)] ^= std::byte{0x80};
    return before;
  }

  [[nodiscard]] static BlockDamage expected_of(DamageKind kind, const ClientBlock& block,
                                               std::ptrdiff_t offset) {
    return {.kind = kind,
            .layer = block.domain,
            .owner = block.domain,
            .address = reinterpret_cast<std::uintptr_t>(block.data),
            .offset = offset,
            .size = block.size,
            .serial = block.serial};
  }

  void expect(const BlockDamage& expected) {
    const std::vector<BlockDamage> seen = std::move(client_.reports.seen);
    client_.reports.seen.clear();
    if (seen.size() != 1) {
      client_.complain(std::to_string(seen.size()) + " reports instead of one: " + headline(expected));
    } else if (!same(seen.front(), expected)) {
      client_.complain("expected " + headline(expected) + "\nfound    " + headline(seen.front()));
    }
  }

  /// All but the bytes.
  [[nodiscard]] static bool same(const BlockDamage& a, const BlockDamage& b) {
    return a.kind == b.kind && a.noticed_by == b.noticed_by && a.layer == b.layer && a.owner == b.owner &&
           a.address == b.address && a.offset == b.offset && a.size == b.size && a.serial == b.serial &&
           a.freed == b.freed;
  }

  Decisions decisions_;
  DebuggedClient client_;
};

}  // namespace pymalloc
