#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

/// First fit with boundary tags, in memory with an end. Chunks lie side by side up to `top`, from where new
/// ones are cut. A chunk's size stands in its head, with two flags; that of a free chunk stands at its end,
/// too.
///
///   chunk:  | size of a free chunk before | size and flags | the block ...   (a block ends 8 bytes into the
///   next chunk)
///
/// `Self` is the heap that derives from it and may replace any of its steps.
template <class Self, std::size_t Bytes = std::size_t{1} << 20U>
struct BoundaryTag {
  struct Chunk {
    std::size_t before;
    std::size_t head;
    Chunk* next;  // of free chunks alone
    Chunk* previous;
  };
  static constexpr std::size_t unit = 16;
  static constexpr std::size_t header = 16;
  static constexpr std::size_t least = sizeof(Chunk);
  static constexpr std::size_t used_flag = 1;         ///< this chunk is in use
  static constexpr std::size_t before_used_flag = 2;  ///< the one before is
  static constexpr std::size_t flags = unit - 1;

  static inline std::byte* arena = nullptr;
  static inline Chunk* top = nullptr;
  static inline Chunk* list = nullptr;

  static Chunk* at(const void* place, std::size_t offset = 0) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(place) + offset);
  }
  static Chunk* chunk_of(const void* block) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(block) - header);
  }
  static void* block_of(Chunk* chunk) { return reinterpret_cast<std::byte*>(chunk) + header; }
  static std::size_t size_of(const Chunk* chunk) { return chunk->head & ~flags; }
  static bool is_used(const Chunk* chunk) { return (chunk->head & used_flag) != 0; }
  static bool is_before_used(const Chunk* chunk) { return (chunk->head & before_used_flag) != 0; }
  static Chunk* after(const Chunk* chunk) { return at(chunk, size_of(chunk)); }
  static Chunk* before(const Chunk* chunk) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(chunk) - chunk->before);
  }
  static std::byte* end() { return arena + Bytes - least; }

  /// The memory, with a page behind it that cannot be touched. False where there is none.
  static bool prepare() {
    if (arena != nullptr) return true;
    constexpr std::size_t guard = 4096;
    void* const memory =
        mmap(nullptr, Bytes + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    arena = static_cast<std::byte*>(memory);
    mprotect(arena + Bytes, guard, PROT_NONE);
    top = at(arena);
    top->head = before_used_flag;
    return true;
  }

  static void insert(Chunk* chunk) {
    chunk->previous = nullptr;
    chunk->next = list;
    if (list != nullptr) list->previous = chunk;
    list = chunk;
  }
  static void remove(Chunk* chunk) {
    (chunk->previous == nullptr ? list : chunk->previous->next) = chunk->next;
    if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
  }
  /// Writes the tags of a chunk that is in no list, and tells the next one.
  static void mark(Chunk* chunk, std::size_t size, bool used) {
    chunk->head = size | (chunk->head & before_used_flag) | (used ? used_flag : 0);
    Chunk* const next = at(chunk, size);
    next->head = used ? next->head | before_used_flag : next->head & ~before_used_flag;
    if (!used) next->before = size;
  }

  static std::size_t need(std::size_t size) {
    const std::size_t whole = (size + sizeof(std::size_t) + unit - 1) / unit * unit;
    return whole < least ? least : whole;
  }
  static bool too_large(std::size_t size) { return size > Bytes; }
  /// Bytes before the block that make its alignment so: none, or enough for a chunk.
  static std::size_t gap(Chunk* chunk, std::size_t alignment) {
    const auto block = reinterpret_cast<std::uintptr_t>(block_of(chunk));
    std::uintptr_t place = (block + alignment - 1) / alignment * alignment;
    while (place != block && place - block < least) place += alignment;
    return place - block;
  }
  static bool fits_at_top(std::size_t bytes) {
    return bytes <= static_cast<std::size_t>(end() - reinterpret_cast<std::byte*>(top));
  }

  static void* take(std::size_t alignment, std::size_t size) {
    if (Self::too_large(size) || Self::too_large(alignment) || !Self::prepare()) return nullptr;
    return Self::take_bytes(alignment, Self::need(size));
  }
  static void* take_bytes(std::size_t alignment, std::size_t bytes) {
    for (Chunk* chunk = list; chunk != nullptr; chunk = chunk->next) {
      const std::size_t skipped = Self::gap(chunk, alignment);
      if (skipped + bytes <= size_of(chunk)) return Self::take_free(chunk, skipped, bytes);
    }
    return Self::take_top(alignment, bytes);
  }
  /// A part of a free chunk: what lies before it and behind it stays free.
  static void* take_free(Chunk* chunk, std::size_t skipped, std::size_t bytes) {
    Self::remove(chunk);
    if (skipped != 0) chunk = Self::cut_front(chunk, skipped);
    mark(chunk, size_of(chunk), true);
    Self::trim(chunk, bytes);
    return block_of(chunk);
  }
  static void* take_top(std::size_t alignment, std::size_t bytes) {
    const std::size_t skipped = Self::gap(top, alignment);
    if (!Self::fits_at_top(skipped + bytes)) return nullptr;
    if (skipped != 0) {
      Chunk* const front = top;
      top = at(front, skipped);
      top->head = 0;
      mark(front, skipped, false);
      insert(front);
    }
    Chunk* const chunk = top;
    top = at(chunk, bytes);
    top->head = 0;
    mark(chunk, bytes, true);
    return block_of(chunk);
  }
  /// The first bytes of a chunk that is in no list become a free chunk; gives the rest.
  static Chunk* cut_front(Chunk* chunk, std::size_t skipped) {
    const std::size_t whole = size_of(chunk);
    Chunk* const rest = at(chunk, skipped);
    rest->head = 0;
    mark(rest, whole - skipped, false);
    mark(chunk, skipped, false);
    insert(chunk);
    return rest;
  }
  /// What a chunk in use has beyond `bytes` becomes free, if a chunk fits there.
  static void trim(Chunk* chunk, std::size_t bytes) {
    const std::size_t whole = size_of(chunk);
    if (whole - bytes < least) return;
    Chunk* const rest = at(chunk, bytes);
    rest->head = 0;
    mark(rest, whole - bytes, true);
    mark(chunk, bytes, true);
    Self::release(rest);
  }

  static void give(void* block) { Self::release(chunk_of(block)); }
  static void release(Chunk* chunk) {
    if (!is_before_used(chunk)) chunk = Self::join_before(chunk);
    if (after(chunk) != top && !is_used(after(chunk))) Self::join_after(chunk);
    if (after(chunk) == top) return Self::give_top(chunk);
    mark(chunk, size_of(chunk), false);
    Self::insert(chunk);
  }
  static Chunk* join_before(Chunk* chunk) {
    Chunk* const other = before(chunk);
    Self::remove(other);
    mark(other, size_of(other) + size_of(chunk), true);
    return other;
  }
  static void join_after(Chunk* chunk) {
    Chunk* const other = after(chunk);
    Self::remove(other);
    mark(chunk, size_of(chunk) + size_of(other), true);
  }
  static void give_top(Chunk* chunk) {
    top = chunk;
    top->head &= before_used_flag;
  }

  static bool resize(void* block, std::size_t size) {
    if (Self::too_large(size)) return false;
    Chunk* const chunk = chunk_of(block);
    const std::size_t bytes = Self::need(size);
    if (bytes > size_of(chunk) && !Self::grow(chunk, bytes)) return false;
    Self::trim(chunk, bytes);
    return true;
  }
  static bool grow(Chunk* chunk, std::size_t bytes) {
    Chunk* const next = after(chunk);
    if (next == top) return Self::grow_into_top(chunk, bytes);
    if (is_used(next) || size_of(chunk) + size_of(next) < bytes) return false;
    Self::join_after(chunk);
    return true;
  }
  static bool grow_into_top(Chunk* chunk, std::size_t bytes) {
    if (!Self::fits_at_top(bytes - size_of(chunk))) return false;
    top = at(chunk, bytes);
    top->head = 0;
    mark(chunk, bytes, true);
    return true;
  }

  static std::size_t usable(const void* block) { return size_of(chunk_of(block)) - sizeof(std::size_t); }
  static bool zero(const void*) { return false; }
};
