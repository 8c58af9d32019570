#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/oracles/exact_model.hpp"
#include "harness/subjects/heap_view.hpp"

namespace poolhammer {

/// Compares what an exact model holds with what stands in a heap's memory. Each function returns the first
/// difference. An address out of memory is only followed where the model says that a pool or block is there.
class ModelComparison {
 public:
  ModelComparison(const ExactModel& model, const HeapView& view)
      : model_(model), state_(model.state_), layout_(model.layout_), view_(view) {}

  [[nodiscard]] std::optional<Complaint> touched() const;
  [[nodiscard]] std::optional<Complaint> everything() const;
  [[nodiscard]] std::optional<Complaint> owns(std::uintptr_t address) const;

 private:
  using Found = std::optional<Complaint>;

  [[nodiscard]] Found pool(ModelPoolId id) const;
  [[nodiscard]] Found pool_numbers(ModelPoolId id, const ModelPool& pool, const PoolView& view) const;
  [[nodiscard]] Found pool_links(ModelPoolId id, const ModelPool& pool, const PoolView& view) const;
  [[nodiscard]] Found free_list(ModelPoolId id) const;
  [[nodiscard]] Found used_list_ends(std::uint32_t size_class) const;
  [[nodiscard]] Found next_empty(ModelPoolId id, const PoolView& view) const;
  [[nodiscard]] Found lists_differ(ModelPoolId id, std::string_view side, std::uintptr_t due,
                                   std::uintptr_t found) const;
  [[nodiscard]] Found free_pools(std::uint32_t arena) const;
  [[nodiscard]] Found arena(std::uint32_t index) const;
  [[nodiscard]] Found usable_arena(std::uint32_t index, const ArenaView& view) const;
  [[nodiscard]] Found table() const;
  [[nodiscard]] Found unused_list() const;
  [[nodiscard]] Found last_arena(std::uint32_t nfreepools) const;
  [[nodiscard]] Found totals() const;
  [[nodiscard]] Found ownership() const;
  [[nodiscard]] Found ownership_of_arena(std::uintptr_t arena) const;

  [[nodiscard]] std::uintptr_t free_block(ModelPoolId id, const ModelPool& pool, std::size_t place) const;
  [[nodiscard]] std::string where(ModelPoolId id) const;

  const ExactModel& model_;
  const ModelState& state_;
  const ModelLayout& layout_;
  const HeapView& view_;
};

}  // namespace poolhammer
