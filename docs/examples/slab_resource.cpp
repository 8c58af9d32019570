// Small blocks from slabs of 32; large ones straight from the upstream resource, as are the slabs.
#include <list>

#include "harness/subjects/adapt.hpp"

class SlabResource : public std::pmr::memory_resource {
 public:
  explicit SlabResource(memory_resource* upstream) : upstream_(upstream), slabs_(upstream) {}

 private:
  struct alignas(64) Cell {
    Cell* next;
  };
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (bytes > sizeof(Cell)) return upstream_->allocate(bytes, alignment);
    if (free_ == nullptr)
      for (Cell& cell : slabs_.emplace_back()) free_ = new (&cell) Cell{free_};
    return std::exchange(free_, free_->next);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    if (bytes > sizeof(Cell)) return upstream_->deallocate(block, bytes, alignment);
    free_ = new (block) Cell{free_};
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  memory_resource* upstream_;
  std::pmr::list<std::array<Cell, 32>> slabs_;
  Cell* free_ = nullptr;
};
const poolhammer::Adapted<SlabResource> registration("slab-resource", "cells of 64 bytes in slabs of 32");
