#pragma once

#include <cstddef>
#include <memory_resource>

#include "allocator/domains/memory_system.hpp"

namespace pymalloc {

/// A domain as a std::pmr::memory_resource, for the containers of the standard library. Two are equal when
/// they are of one domain of one system, which must outlive its resources.
class DomainResource final : public std::pmr::memory_resource {
 public:
  DomainResource(const MemorySystem& system, Domain domain) : system_(&system), domain_(domain) {}

 private:
  /// Alignments that every block of a domain has.
  static constexpr std::size_t natural = 16;

  /// Throws std::bad_alloc where no block can be had ([mem.res.private]).
  [[nodiscard]] void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override;
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  const MemorySystem* system_;
  Domain domain_;
};

}  // namespace pymalloc
