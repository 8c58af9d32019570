#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "allocator/arena_source.hpp"
#include "allocator/heap.hpp"
#include "allocator/layout.hpp"
#include "allocator/raw_allocator.hpp"

namespace poolhammer::cpython {

/// The heap of an interpreter, which looks at all its invariants from time to time. Not thread-safe: the
/// interpreter's lock protects the domains that it serves.
class CheckedHeap {
 public:
  /// Told of an invariant that does not hold: when it was seen, its name, where, what was expected and what
  /// was found, in one line. Not to return: nothing may touch a damaged heap.
  using Report = void (*)(const std::string& line);

  /// Checks the whole heap after every `check_every` operations, and every block that is given out; nothing
  /// for 0.
  CheckedHeap(std::uint64_t check_every, Report report)
      : check_every_(check_every), until_check_(check_every), report_(report) {}

  [[nodiscard]] void* malloc(std::size_t size) { return answer("malloc", heap_.malloc(size)); }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) {
    return answer("calloc", heap_.calloc(count, size));
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) {
    return answer("realloc", heap_.realloc(block, size));
  }
  void free(void* block) {
    if (block == nullptr) return;
    heap_.free(block);
    count("free", block);
  }

  /// Looks at the whole heap, where checking was asked for, and keeps errno. `when` goes into the report.
  void check_now(const std::string& when);

  /// What was done so far, for people.
  [[nodiscard]] std::string totals_text() const;
  /// The same figures as one JSON object.
  [[nodiscard]] std::string totals_json() const;

 private:
  [[nodiscard]] void* answer(const char* operation, void* block) {
    count(operation, block);
    if (check_every_ != 0) check_block_of(operation, block);
    return block;
  }

  void count(const char* operation, const void* block) {
    ++operations_;
    if (check_every_ != 0 && --until_check_ == 0) [[unlikely]]
      check_after(operation, block);
  }

  void check_after(const char* operation, const void* block);
  void check_block_of(const char* operation, const void* block);
  /// When the last operation was, for a report.
  [[nodiscard]] std::string after(const char* operation, const void* block) const;

  pymalloc::OsArenaSource source_;
  pymalloc::LibcRaw raw_;
  pymalloc::Heap<pymalloc::Modern, pymalloc::OsArenaSource, pymalloc::LibcRaw> heap_{source_, raw_};
  std::uint64_t check_every_;
  std::uint64_t until_check_;
  Report report_;
  std::uint64_t operations_ = 0;
  std::uint64_t checks_ = 0;
};

}  // namespace poolhammer::cpython
