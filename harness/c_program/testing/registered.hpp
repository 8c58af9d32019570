#pragma once

// Allocators that are registered, with all that a type may have. Programs of a test include this file.

#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <memory_resource>
#include <string>

#include "harness/subjects/adapt.hpp"

namespace {

/// The C library's allocator, which counts its blocks.
class Everything {
 public:
  enum class Way { up, down };

  void* allocate(std::size_t size) { return counted(refuses(size) ? nullptr : std::malloc(size)); }
  void deallocate(void* block, std::size_t /*size*/) {
    std::free(block);
    --live_;
  }
  void* calloc(std::size_t count, std::size_t size) {
    return counted(count != 0 && size > PTRDIFF_MAX / count ? nullptr : std::calloc(count, size));
  }
  void* realloc(void* block, std::size_t /*old_size*/, std::size_t size) {
    return refuses(size) ? nullptr : std::realloc(block, size);
  }
  static std::size_t usable_size(void* block) { return malloc_usable_size(block); }
  static std::string check() { return {}; }
  std::size_t bytes_in_use() const { return live_; }
  const char* teardown() const { return live_ == 0 ? nullptr : "blocks that live"; }
  void fail_next(std::uint64_t requests) { refusals_ = requests; }

  static bool turn(Way way) { return way == Way::up; }
  void* fresh(std::size_t size, std::size_t alignment) {
    return counted(std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment));
  }
  static void* grow(void* block, std::size_t size) { return std::realloc(block, size); }
  void drop(void* block, std::size_t size) { deallocate(block, size); }
  static std::string look(const void* /*block*/) { return {}; }
  static constexpr auto operations() {
    using namespace poolhammer;
    return poolhammer::operations(
        operation(
            "turn", [](Everything& /*all*/, Way way) { return turn(way); }, choice("up", "down")),
        operation("fresh", &Everything::fresh, size_in(1, 4096), alignment_in(16, 64)),
        operation(
            "grow", [](Everything& /*all*/, void* old, std::size_t size) { return grow(old, size); }, block(),
            size_in(1, 4096)),
        operation("drop", &Everything::drop, freed_block(), block_size()),
        operation(
            "look-at", [](Everything& /*all*/, void* at) { return look(at); }, block()));
  }

 private:
  bool refuses(std::size_t size) { return size > PTRDIFF_MAX || (refusals_ > 0 && refusals_-- > 0); }
  void* counted(void* block) {
    live_ += block == nullptr ? 0 : 1;
    return block;
  }

  std::size_t live_ = 0;
  std::uint64_t refusals_ = 0;
};
const poolhammer::Adapted<Everything> everything("test:everything", "the C library's");

/// Passes everything on.
class Upstream : public std::pmr::memory_resource {
 public:
  explicit Upstream(memory_resource* upstream) : upstream_(upstream) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return upstream_->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    upstream_->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  memory_resource* upstream_;
};
const poolhammer::AdaptedResource made("test:made", "what is above", [](std::pmr::memory_resource* upstream) {
  return std::make_unique<Upstream>(upstream);
});

}  // namespace
