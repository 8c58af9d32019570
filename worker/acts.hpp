#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "harness/library/board.hpp"
#include "harness/trace/operation.hpp"
#include "worker/function_table.hpp"

namespace poolhammer::worker {

/// Field `field` of /proc/self/statm in bytes: 0 is what is mapped, 1 what is in memory. Allocates nothing.
[[nodiscard]] std::uint64_t memory_of_process(int field);

/// What a client does to a library besides single calls for blocks of its own. The blocks that exhaust takes
/// are chained through their first words, so that nothing is allocated beside them.
class Acts {
 public:
  /// An act that has computed for `milliseconds` (0: any number) ends before its end: the library is slow
  /// with so many blocks, and nothing is said of it. `place` is told of that, and of each call.
  Acts(const FunctionTable& table, std::uint32_t milliseconds, library::Place& place)
      : table_(table), time_(milliseconds), place_(place) {}
  Acts(const Acts&) = delete;
  Acts& operator=(const Acts&) = delete;
  /// Takes the limit away.
  ~Acts() { unlimit(); }

  /// Takes blocks until none is had, `operation.count` are, or they come to `most_bytes`. `taken` is how many
  /// it has; the answer is that of the last call, which begins with `error` as errno, or nothing where none
  /// was made, or time was over.
  [[nodiscard]] std::optional<Answer> exhaust(const Operation& operation, int error, std::uint64_t most_bytes,
                                              std::uint64_t& taken);
  /// Frees all that exhaust took. If its time ends before that, blocks are left: `unreleased` of `place` is
  /// set, and no other act may follow.
  void release();
  /// Takes and frees one block after the other. The answer is as that of exhaust.
  [[nodiscard]] std::optional<Answer> recycle(const Operation& operation, int error,
                                              std::uint64_t& rounds) const;

  /// Bytes of addresses that the process may have more than it has; SIZE_MAX: as many as it likes.
  void limit_memory(std::uint64_t more);
  void unlimit();

 private:
  class Watch;

  void free(const FunctionCall& given, void* block) const;

  const FunctionTable& table_;
  std::chrono::milliseconds time_;
  library::Place& place_;
  void* chain_ = nullptr;             ///< the last block that exhaust took
  std::uint64_t chained_blocks_ = 0;  ///< how many it took
  FunctionCall chained_;              ///< by which it was asked for
  bool limited_ = false;
};

}  // namespace poolhammer::worker
