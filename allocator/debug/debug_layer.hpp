#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "allocator/debug/block_damage.hpp"
#include "allocator/debug/block_registry.hpp"
#include "allocator/debug/block_shape.hpp"
#include "allocator/debug/stack_book.hpp"
#include "allocator/domains/domain.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// Numbers allocations from 1, over all layers that share it. May be used by several threads.
class SerialCounter {
 public:
  [[nodiscard]] std::size_t take() { return last_.fetch_add(1, std::memory_order_relaxed) + 1; }
  [[nodiscard]] std::size_t last() const { return last_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> last_ = 0;
};

struct DebugOptions {
  /// Whether each block carries the number of its allocation. A resized block gets a new one.
  bool serials = false;
  /// Whether the layer knows its blocks by a registry of its own (see BlockRegistry) instead of by their
  /// bytes alone, as CPython's does. Without it an interior pointer is a foreign pointer, a changed size byte
  /// is seen as an overflow, a changed serial not at all, and a second free is recognised only as long as the
  /// base leaves the guards of the freed block as they were. With it, a second free is recognised while the
  /// block is held back or among the last BlockRegistry::blocks_remembered that went back.
  bool registry = true;
  /// Freed blocks are held back from the base up to so many bytes, guards included, the oldest leaving first;
  /// 0 holds none. Turns the registry on. A resized block always moves then, and the old one is held back.
  std::size_t quarantine_bytes = 0;
  /// Whether the layer keeps who allocated and who freed each block, up to StackTrace::most frames, and
  /// reports it. Turns the registry on. Slow: the C library's unwinder runs at every call.
  bool stacks = false;
  DamageHandler handler = abort_on_damage();
  /// Asked before the layer looks at memory that may not be its own.
  Readable readable = readable_by_system();
};

/// Wraps the allocator of one domain, writes guards around every block, and says what clients did wrong:
/// see BlockShape for the bytes, DamageKind for what is told.
///
/// free and realloc check their block before they do anything. malloc and realloc fill new bytes with
/// fresh_byte, free fills with dead_byte. Requests whose size and guards together are over PTRDIFF_MAX give
/// null. As thread-safe as its base without a registry; with one, for one thread at a time.
class DebugLayer {
 public:
  /// `base` and `counter` must outlive the layer. `base` serves sizes up to PTRDIFF_MAX.
  DebugLayer(const AllocatorFunctions& base, Domain domain, SerialCounter& counter,
             DebugOptions options = {});
  DebugLayer(const DebugLayer&) = delete;
  DebugLayer& operator=(const DebugLayer&) = delete;
  /// Releases the blocks held back, as flush() does. Live blocks stay their owners'.
  ~DebugLayer();

  /// The layer as an allocator. Its context is the layer, which must outlive its use.
  [[nodiscard]] AllocatorFunctions functions();

  [[nodiscard]] void* malloc(std::size_t size);
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size);
  [[nodiscard]] void* realloc(void* block, std::size_t size);
  void free(void* block);

  /// Looks at every block known, live and held back, and has each one's damage handled; how many there are.
  /// Changes nothing. Without a registry no block is known.
  std::size_t check();

  /// Gives every block held back to the base, each checked before.
  void flush();

  /// Bytes of the blocks held back, guards included.
  [[nodiscard]] std::size_t held_bytes() const { return registry_ ? registry_->held_bytes() : 0; }

 private:
  [[nodiscard]] BlockShape new_shape(std::size_t size);
  [[nodiscard]] std::byte* ask_base(std::size_t total, bool zeroed);
  [[nodiscard]] std::byte* allocate(std::size_t size, bool zeroed);
  [[nodiscard]] void* move(std::byte* data, const BlockShape& shape, std::size_t size);
  [[nodiscard]] void* resize(std::byte* data, const BlockShape& shape, std::size_t size);
  void retire(std::byte* data, BlockShape shape);
  void release_oldest();

  /// The block that a client gave back; nothing, after the handler, where it is none or damaged.
  [[nodiscard]] std::optional<BlockShape> inspect(const void* pointer, NoticedBy noticed_by);
  [[nodiscard]] std::optional<BlockDamage> diagnose(const BlockRecord& record) const;
  [[nodiscard]] BlockDamage diagnose_unknown(const std::byte* data) const;
  [[nodiscard]] std::optional<BlockDamage> diagnose_by_bytes(const std::byte* data, BlockShape& shape) const;
  [[nodiscard]] std::optional<BlockDamage> guard_damage(const std::byte* data, const BlockShape& shape) const;
  [[nodiscard]] std::optional<BlockShape> shape_by_bytes(const std::byte* data) const;
  [[nodiscard]] bool header_readable(const std::byte* data) const;
  [[nodiscard]] std::optional<BlockDamage> header_of_another(const std::byte* data) const;
  void handle(BlockDamage damage, NoticedBy noticed_by) const;

  AllocatorFunctions base_;
  Domain domain_;
  SerialCounter& counter_;
  DebugOptions options_;
  std::optional<BlockRegistry> registry_;
  std::optional<StackBook> stacks_;
};

}  // namespace pymalloc
