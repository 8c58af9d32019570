#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "harness/oracles/complaint.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {

/// Compares where two heaps of the same layout put everything, while they run the same trace. Both show their
/// view and their journal, and were reset just before.
///
/// An address is compared by its distance from its subject's origin. The arenas that both have are learnt
/// from the journals.
class Placements {
 public:
  /// Opens both journals; both subjects must outlive this.
  Placements(Subject& subject, Subject& judge);
  Placements(const Placements&) = delete;
  Placements& operator=(const Placements&) = delete;
  ~Placements();

  /// Two answers to the same request: "against.answer".
  [[nodiscard]] std::optional<Complaint> answers(const void* subjects, const void* judges) const;

  /// What was asked of the world below since the last call, in its order: "against.requests".
  [[nodiscard]] std::optional<Complaint> requests();

  /// The pool in which a block of the subject lies or lay, where it is one of a live arena: its header, and
  /// the link that stands at the block where it was freed: "against.pool", "against.free-list".
  [[nodiscard]] std::optional<Complaint> pool_of(const void* block, bool freed);

  /// Every pool of a live arena that a block was seen in, with its free list: what lies in the others is
  /// whatever the arena held when it came.
  [[nodiscard]] std::optional<Complaint> pools() const;

 private:
  struct Side {
    explicit Side(Subject& of);

    /// The distance of an address from the origin; null has one of its own.
    [[nodiscard]] std::uintptr_t place(std::uintptr_t address) const {
      return address == 0 ? nowhere : address - origin;
    }
    [[nodiscard]] std::string name(std::uintptr_t address) const;
    [[nodiscard]] std::string words(const pymalloc::JournalEntry& entry) const;

    Subject& subject;
    const HeapView& view;
    pymalloc::Journal& journal;
    std::uintptr_t origin;
  };
  static constexpr std::uintptr_t nowhere = ~std::uintptr_t{0};

  [[nodiscard]] bool same(std::uintptr_t subjects, std::uintptr_t judges) const {
    return subject_.place(subjects) == judge_.place(judges);
  }
  void learn_arenas();
  /// Whether a whole pool of a live arena begins at this place.
  [[nodiscard]] bool is_pool(std::uintptr_t place) const;
  [[nodiscard]] std::optional<Complaint> header(std::uintptr_t place) const;
  [[nodiscard]] std::optional<Complaint> link(std::uintptr_t place) const;
  [[nodiscard]] std::optional<Complaint> free_list(std::uintptr_t pool) const;

  Side subject_;
  Side judge_;
  std::uintptr_t pool_size_;
  std::uintptr_t arena_size_;
  std::set<std::uintptr_t> arenas_;  ///< the places of live arenas
  std::set<std::uintptr_t> carved_;  ///< the places of their pools that a block was seen in
};

}  // namespace poolhammer
