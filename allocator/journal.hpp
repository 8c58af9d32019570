#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pymalloc {

/// What a heap may ask of the world below it.
enum class Call : std::uint8_t {
  arena_request,
  arena_release,
  raw_malloc,
  raw_calloc,
  raw_realloc,
  raw_free,
};

/// One call of the arena source or the raw allocator, and what it answered.
struct JournalEntry {
  Call call;
  std::uintptr_t block;   ///< what was handed in: released, freed, or to be resized; 0 where none was
  std::size_t size;       ///< bytes: asked for, or said to be released; 0 for raw_free
  std::uintptr_t answer;  ///< the address given; 0 for a refusal, and where nothing is given

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

/// The calls that a heap made, in their order, since clear(). Closed, and so empty, until somebody opens it.
class Journal {
 public:
  void open(bool on) {
    open_ = on;
    entries_.clear();
  }
  void note(const JournalEntry& entry) {
    if (open_) entries_.push_back(entry);
  }
  void clear() { entries_.clear(); }
  [[nodiscard]] std::span<const JournalEntry> entries() const { return entries_; }

 private:
  bool open_ = false;
  std::vector<JournalEntry> entries_;
};

}  // namespace pymalloc
