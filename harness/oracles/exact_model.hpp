#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "allocator/journal.hpp"
#include "harness/oracles/complaint.hpp"
#include "harness/oracles/model_calls.hpp"
#include "harness/oracles/model_state.hpp"
#include "harness/subjects/model_layout.hpp"

namespace poolhammer {

class HeapView;

/// An executable specification of the policy of a pymalloc-style heap: which block a request gets, when
/// arenas are requested and released, what stays in place. Written with plain containers, and apart from the
/// allocator: they share the layout's numbers only.
///
/// Each operation is performed on the model too, which then knows the answer that is due, and every call of
/// the arena source and the raw allocator that must have been made for it. `calls` are those that were made:
/// their answers (an address, or a refusal) are the world's and taken as they are. The first difference is a
/// complaint; the model is of no use behind it. A model is a value: it can be copied and put back.
///
/// Oracles: model.answer (another block than the policy's, or none), model.requests (a call missing, another,
/// or one too many), model.pool, model.arena, model.lists, model.totals (what stands in memory),
/// model.ownership (which addresses the heap calls its own).
class ExactModel {
 public:
  using Calls = std::span<const pymalloc::JournalEntry>;

  /// `memory` is for the model's lists, and must outlive it.
  explicit ExactModel(const ModelLayout& layout,
                      std::pmr::memory_resource& memory = *std::pmr::get_default_resource());

  [[nodiscard]] std::optional<Complaint> malloc(std::size_t size, const void* answer, Calls calls);
  [[nodiscard]] std::optional<Complaint> calloc(std::size_t count, std::size_t size, const void* answer,
                                                Calls calls);
  [[nodiscard]] std::optional<Complaint> realloc(const void* block, std::size_t size, const void* answer,
                                                 Calls calls);
  [[nodiscard]] std::optional<Complaint> free(const void* block, Calls calls);

  /// Compares what the last operation touched with what stands in memory; the cost does not grow with the
  /// heap.
  [[nodiscard]] std::optional<Complaint> compare_touched(const HeapView& view) const;
  /// Compares everything, free lists from end to end.
  [[nodiscard]] std::optional<Complaint> compare_all(const HeapView& view) const;
  /// Asks the heap of one address whether it is its own.
  [[nodiscard]] std::optional<Complaint> compare_ownership(const HeapView& view,
                                                           std::uintptr_t address) const;

  /// "arena 0, pool 3, block 5", "the raw allocator's block at 0x..." or "NULL".
  [[nodiscard]] std::string place(std::uintptr_t address) const;

  /// The carved pool that an address lies in.
  [[nodiscard]] std::optional<ModelPoolId> pool_of(std::uintptr_t address) const;
  /// Where a pool begins.
  [[nodiscard]] std::uintptr_t base(ModelPoolId id) const;

  [[nodiscard]] const ModelState& state() const { return state_; }
  [[nodiscard]] const ModelLayout& layout() const { return layout_; }

 private:
  /// What the last operation changed, as far as it is to be compared.
  struct Touched {
    std::vector<ModelPoolId> pools;
    std::vector<std::uint32_t> arenas;
    std::vector<std::uint32_t> classes;  ///< whose used list changed
    std::vector<std::uint32_t> numbers;  ///< of free pools that an arena had or has
    bool table = false;

    void clear() {
      pools.clear();
      arenas.clear();
      classes.clear();
      numbers.clear();
      table = false;
    }
  };

  [[nodiscard]] std::uintptr_t give(std::size_t size, bool zeroed, ModelCalls& calls);
  [[nodiscard]] std::uintptr_t give_from_pool(std::uint32_t size_class, ModelCalls& calls);
  void take_back(ModelPoolId id, std::uintptr_t block, ModelCalls& calls);

  [[nodiscard]] std::optional<ModelPoolId> take_pool(ModelCalls& calls);
  void give_pool_back(ModelPoolId id, ModelCalls& calls);
  void unlist_arena(ModelState::UsableKey key);
  void touch_neighbours(ModelState::Usable::const_iterator behind);
  void list_first(ModelPoolId id);
  void unlist(ModelPoolId id);

  [[nodiscard]] bool new_arena(ModelCalls& calls);
  [[nodiscard]] bool map_arena(std::uintptr_t address, ModelCalls& calls);
  [[nodiscard]] bool map_cell(std::uintptr_t cell, ModelCalls& calls);
  void release(std::uint32_t arena, ModelCalls& calls);

  [[nodiscard]] std::uintptr_t first_pool(std::uint32_t arena) const;
  [[nodiscard]] std::uintptr_t address(ModelPoolId id, std::uint32_t block) const;
  [[nodiscard]] std::optional<Complaint> judge(std::uintptr_t due, const void* answer,
                                               ModelCalls& calls) const;
  void touch(std::uint32_t arena);

  friend class ModelComparison;

  ModelLayout layout_;
  ModelState state_;
  Touched touched_;
};

}  // namespace poolhammer
