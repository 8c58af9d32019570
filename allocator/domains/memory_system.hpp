#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/domains/choice.hpp"
#include "allocator/domains/domain.hpp"
#include "allocator/domains/published.hpp"
#include "allocator/heap.hpp"
#include "allocator/invariants/check.hpp"
#include "allocator/statistics/statistics.hpp"

namespace pymalloc {

/// The C library's allocator as that of a domain.
[[nodiscard]] AllocatorFunctions libc_functions();
/// Anonymous memory of the operating system.
[[nodiscard]] ArenaFunctions os_arenas();

/// What a memory system stands on.
struct Foundation {
  AllocatorFunctions raw = libc_functions();  ///< serves Raw, what no pool serves, and the heap's tables
  ArenaFunctions arenas = os_arenas();        ///< the first arena source
  /// How the debug layers are made where they are chosen. With a registry or a quarantine, a system that has
  /// them is for one thread at a time.
  DebugOptions debug = {.registry = false};
};

/// Three domains over a raw allocator and a heap of pools, each domain with an allocator that can
/// be replaced at run time. Every function may be called by any thread at any time, also while another
/// replaces an allocator or the arena source.
///
/// The behaviour is that of CPython's memory interface (C API, "Memory Management"): Raw is served by the raw
/// allocator, which is the C library's; Mem and Object by pools, or by the raw allocator too, as is chosen.
class MemorySystem {
 public:
  explicit MemorySystem(Choice choice = {}, const Foundation& foundation = {});
  MemorySystem(const MemorySystem&) = delete;
  MemorySystem& operator=(const MemorySystem&) = delete;
  /// Gives every arena back to the arena source that is set then; blocks in them end.
  ~MemorySystem();

  /// A block of `size` bytes from a domain; null where it cannot be had. A size of 0 gives a block too.
  [[nodiscard]] void* malloc(Domain domain, std::size_t size) const;
  [[nodiscard]] void* calloc(Domain domain, std::size_t count, std::size_t size) const;
  /// `block` is null or a block of the same domain; null leaves it as it was.
  [[nodiscard]] void* realloc(Domain domain, void* block, std::size_t size) const;
  /// `block` is null or a block of the same domain.
  void free(Domain domain, void* block) const;

  [[nodiscard]] AllocatorFunctions allocator(Domain domain) const { return slot(domain).get(); }
  /// Requests from now on go to `functions`, blocks that live too: it must know what to do with blocks of the
  /// allocator that it replaces, as one that forwards to it does.
  void set_allocator(Domain domain, const AllocatorFunctions& functions);

  [[nodiscard]] ArenaFunctions arena_source() const { return arenas_.get(); }
  /// Arenas come from `functions` from now on, and go back to it, those of before too.
  void set_arena_source(const ArenaFunctions& functions) { arenas_.set(functions); }

  /// Sets the allocators of all domains. To be called while no block lives: blocks do not move along.
  void choose(Choice choice);
  /// The debug layers that were made so far, for those who want to check or flush them.
  [[nodiscard]] std::vector<DebugLayer*> debug_layers();

  /// Figures of the pools at one moment; other threads wait meanwhile.
  [[nodiscard]] Statistics statistics() const;
  /// Walks the pools and says which invariant does not hold; other threads wait meanwhile.
  [[nodiscard]] Check check(Readable readable = readable_by_system()) const;

 private:
  /// Asks for arenas where the system says.
  struct SetSource {
    const Published<ArenaFunctions>* functions;

    [[nodiscard]] void* allocate(std::size_t size) const {
      const ArenaFunctions& f = functions->get();
      return f.allocate(f.context, size);
    }
    void release(void* arena, std::size_t size) const {
      const ArenaFunctions& f = functions->get();
      f.release(f.context, arena, size);
    }
  };
  /// The heap that threads share.
  class SharedHeap;

  [[nodiscard]] const Published<AllocatorFunctions>& slot(Domain domain) const {
    return slots_[static_cast<std::size_t>(domain)];
  }

  /// The layer of a domain over a base. Made once: who called an allocator before it was replaced may still
  /// be inside.
  struct Layer {
    AllocatorFunctions base;
    Domain domain;
    DebugLayer layer;

    Layer(const AllocatorFunctions& of, Domain serves, SerialCounter& counter, const DebugOptions& options)
        : base(of), domain(serves), layer(base, domain, counter, options) {}
  };
  [[nodiscard]] AllocatorFunctions guarded(const AllocatorFunctions& base, Domain domain);

  AllocatorFunctions raw_;
  DebugOptions debug_;
  SerialCounter serials_;
  Published<ArenaFunctions> arenas_;
  std::unique_ptr<SharedHeap> heap_;
  std::mutex layering_;
  std::list<Layer> layers_;  ///< behind the heap: a quarantine gives its blocks back before the heap ends
  std::array<Published<AllocatorFunctions>, domains> slots_;
};

}  // namespace pymalloc
