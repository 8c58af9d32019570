#pragma once

#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "reported/base/lock.hpp"

/// Slots of one size class in slabs, with a bit for each free one, and in front of them a cache for each
/// thread; larger blocks are mapped one by one. Every block lies less than a span behind the place where its
/// span, a slab or a mapping, begins.
template <class Self>
struct Slabs {
  struct Span {
    std::size_t slot;   ///< bytes of each, or 0: a mapping
    std::size_t first;  ///< bytes to the first slot, or to the block
    std::size_t count;  ///< slots, or bytes that are mapped
    std::size_t free;   ///< slots
    std::byte* mapped;  ///< where a mapping begins
    Span* next;         ///< of the class
    std::array<std::uint64_t, 64> bits;
  };
  static constexpr std::size_t span = 65'536;
  static constexpr std::size_t page = 4096;
  static constexpr std::size_t largest = 8192;  ///< that has a slot
  static constexpr std::size_t unit = 16;
  static constexpr std::size_t classes = largest / unit + 1;
  static constexpr std::size_t cached = 20;  ///< slots of a class in the cache of a thread

  struct Bin {
    std::array<void*, cached> blocks;
    std::size_t count;
  };
  struct Cache {
    std::array<Bin, classes> bins;
    Cache* next;
  };
  enum class Life : unsigned char { unborn, alive, over };

  static inline std::array<Span*, classes> spans{};
  static inline Span* empty = nullptr;
  static inline Cache* spare = nullptr;
  [[gnu::tls_model("initial-exec")]] static inline thread_local Cache* cache = nullptr;
  [[gnu::tls_model("initial-exec")]] static inline thread_local Life life = Life::unborn;

  static pthread_key_t key() {
    static const pthread_key_t made = [] {
      pthread_key_t created = 0;
      pthread_key_create(&created, [](void* ended) { Self::end_thread(static_cast<Cache*>(ended)); });
      return created;
    }();
    return made;
  }

  static Span* span_of(const void* block) {
    return reinterpret_cast<Span*>((reinterpret_cast<std::uintptr_t>(block) - 1) / span * span);
  }
  /// Memory that begins where `offset` bytes further is a multiple of the alignment.
  static std::byte* map(std::size_t alignment, std::size_t offset, std::size_t bytes) {
    void* const memory = mmap(nullptr, bytes + alignment, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    auto* const start = static_cast<std::byte*>(memory);
    const std::uintptr_t place = reinterpret_cast<std::uintptr_t>(start) + offset;
    const std::size_t skipped = (place + alignment - 1) / alignment * alignment - place;
    if (skipped != 0) munmap(start, skipped);
    if (skipped != alignment) munmap(start + skipped + bytes, alignment - skipped);
    return start + skipped;
  }

  /// The class, in units, whose slots are all aligned so; 0: none.
  static std::size_t class_for(std::size_t alignment, std::size_t size) {
    if (size > largest || alignment > page) return 0;
    std::size_t slot = (size + unit - 1) / unit * unit;
    if (slot > 1024) slot = (slot + 511) / 512 * 512;
    slot = (slot + alignment - 1) / alignment * alignment;
    return slot > largest ? 0 : slot / unit;
  }

  static Span* new_span(std::size_t slot) {
    Span* made = empty;
    if (made != nullptr)
      empty = made->next;
    else
      made = reinterpret_cast<Span*>(map(span, 0, span));
    if (made == nullptr) return nullptr;
    const std::size_t aligned = slot & (~slot + 1);
    made->slot = slot;
    made->first = (sizeof(Span) + aligned - 1) / aligned * aligned;
    made->count = (span - made->first) / slot;
    made->free = made->count;
    made->bits.fill(0);
    for (std::size_t index = 0; index < made->count; ++index)
      made->bits[index / 64] |= std::uint64_t{1} << index % 64;
    made->next = spans[slot / unit];
    spans[slot / unit] = made;
    return made;
  }
  static void* pop(Span* from) {
    for (std::size_t word = 0; word < from->bits.size(); ++word) {
      if (from->bits[word] == 0) continue;
      const auto bit = static_cast<std::size_t>(__builtin_ctzll(from->bits[word]));
      from->bits[word] &= from->bits[word] - 1;
      --from->free;
      return reinterpret_cast<std::byte*>(from) + from->first + (word * 64 + bit) * from->slot;
    }
    return nullptr;
  }
  static void* take_central(std::size_t index) {
    const Guard<HeapLock> guard;
    for (Span* each = spans[index]; each != nullptr; each = each->next) {
      if (each->free != 0) return pop(each);
    }
    Span* const made = new_span(index * unit);
    return made == nullptr ? nullptr : pop(made);
  }
  /// A slot of a class goes back to its slab; a slab without blocks serves any class. The lock is held.
  static void give_central(void* block, std::size_t slot) {
    Span* const to = span_of(block);
    const auto offset =
        static_cast<std::size_t>(static_cast<std::byte*>(block) - reinterpret_cast<std::byte*>(to));
    const std::size_t index = (offset - to->first) / slot;
    to->bits[index / 64] |= std::uint64_t{1} << index % 64;
    if (++to->free != to->count) return;
    Span** link = &spans[to->slot / unit];
    while (*link != to) link = &(*link)->next;
    *link = to->next;
    to->next = empty;
    empty = to;
  }
  static void flush(Bin& bin, std::size_t slot, std::size_t rest) {
    const Guard<HeapLock> guard;
    while (bin.count > rest) give_central(bin.blocks[--bin.count], slot);
  }

  /// A cache is kept when its thread ends, and the next thread takes it.
  static Cache* spare_cache() {
    const Guard<HeapLock> guard;
    Cache* const found = spare;
    if (found != nullptr) spare = found->next;
    return found;
  }
  static Cache* own_cache() {
    if (life != Life::unborn) return cache;
    life = Life::alive;
    cache = Self::spare_cache();
    if (cache == nullptr) cache = reinterpret_cast<Cache*>(map(page, 0, sizeof(Cache)));
    if (cache != nullptr) pthread_setspecific(key(), cache);
    return cache;
  }
  static void end_thread(Cache* ended) {
    life = Life::over;
    cache = nullptr;
    for (std::size_t index = 1; index < classes; ++index) flush(ended->bins[index], index * unit, 0);
    Self::keep_cache(ended);
  }
  static void keep_cache(Cache* ended) {
    const Guard<HeapLock> guard;
    ended->next = spare;
    spare = ended;
  }

  static void* take(std::size_t alignment, std::size_t size) {
    const std::size_t index = Self::class_for(alignment, size);
    return index == 0 ? Self::take_mapped(alignment, size) : Self::take_slot(index);
  }
  static void* take_slot(std::size_t index) {
    Cache* const mine = own_cache();
    if (mine != nullptr && mine->bins[index].count != 0)
      return mine->bins[index].blocks[--mine->bins[index].count];
    return take_central(index);
  }
  static bool too_large(std::size_t alignment, std::size_t size) {
    return size > PTRDIFF_MAX - 4 * span || alignment > std::size_t{1} << 40U;
  }
  static void* take_mapped(std::size_t alignment, std::size_t size) {
    if (Self::too_large(alignment, size)) return nullptr;
    const std::size_t first = alignment < span ? (alignment > page ? alignment : page) : span;
    const std::size_t bytes = (first + size + page - 1) / page * page;
    const std::size_t aligned = alignment > span ? alignment : span;
    return Self::new_mapping(map(aligned, alignment >= span ? first : 0, bytes), first, bytes);
  }
  static void* new_mapping(std::byte* memory, std::size_t first, std::size_t bytes) {
    if (memory == nullptr) return nullptr;
    auto* const made = reinterpret_cast<Span*>(memory);
    made->slot = 0;
    made->first = first;
    made->count = bytes;
    made->mapped = memory;
    return memory + first;
  }

  static void give(void* block) {
    Span* const of = span_of(block);
    if (of->slot == 0) return Self::give_mapped(of);
    Self::give_slot(block, of->slot / unit);
  }
  static void give_slot(void* block, std::size_t index) {
    Cache* const mine = own_cache();
    if (mine == nullptr) {
      const Guard<HeapLock> guard;
      return give_central(block, index * unit);
    }
    Bin& bin = mine->bins[index];
    if (bin.count == cached) flush(bin, index * unit, cached / 2);
    bin.blocks[bin.count++] = block;
  }
  static void give_mapped(Span* of) { munmap(of->mapped, of->count); }

  static std::size_t usable(const void* block) {
    const Span* const of = span_of(block);
    return of->slot != 0 ? of->slot : of->count - of->first;
  }
  static bool resize(void* block, std::size_t size) {
    const std::size_t now = Self::usable(block);
    return size <= now && size >= now / 2;
  }
  static bool zero(const void* block) { return span_of(block)->slot == 0; }
};
