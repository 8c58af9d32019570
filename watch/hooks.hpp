#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "allocator/domains/domain.hpp"
#include "watch/guards.hpp"
#include "watch/walk.hpp"

namespace poolhammer::watch {

/// Looks at a heap while it is used: stands before the interpreter's allocator in the domains Mem and Object.
/// After a block was given out, and before one is taken back, its pool is looked at; after so many
/// operations, the whole heap is. The interpreter's lock keeps the functions apart, as it does those behind
/// them.
class Hooks {
 public:
  struct Options {
    std::uint64_t every = 0;  ///< operations from one look at the whole heap to the next
    bool guard = false;       ///< put a guard behind every block
  };
  /// What is called while the heap is watched.
  struct Owner {
    /// The pool of a block that was given out, and of one that is about to be taken back.
    std::function<std::optional<pymalloc::Violation>(const void*block)> check_given, check_taken;
    std::function<std::vector<pymalloc::Violation>()> check_heap;
    Guards::Where where;
    /// Something does not hold: what was done when it was seen, and what. Not to return.
    std::function<void(const std::string& when, const std::vector<pymalloc::Violation>& violations)> complain;
  };

  Hooks(Options options, Owner owner);

  /// The functions to put before `inner`, which outlive the process' last request.
  [[nodiscard]] pymalloc::AllocatorFunctions before(const pymalloc::AllocatorFunctions& inner);

  /// What was written behind blocks that are in use.
  [[nodiscard]] std::vector<pymalloc::Violation> check_guards() const { return guards_.check_all(); }
  [[nodiscard]] std::uint64_t operations() const { return operations_; }

 private:
  /// One domain: the context of its functions.
  struct Hooked {
    Hooks& hooks;
    pymalloc::AllocatorFunctions inner;

    [[nodiscard]] void* malloc(std::size_t size);
    [[nodiscard]] void* calloc(std::size_t count, std::size_t size);
    [[nodiscard]] void* realloc(void* block, std::size_t size);
    void free(void* block);
  };

  [[nodiscard]] bool guards(std::size_t size) const;
  void given(const char* operation, void* block, std::size_t size, bool guarded);
  void about_to_take(const char* operation, const void* block);
  void count(const char* operation, const void* block);
  void complain(const char* when, const char* operation, const void* block,
                const std::vector<pymalloc::Violation>& violations) const;

  Options options_;
  Owner owner_;
  Guards guards_;
  std::vector<std::unique_ptr<Hooked>> hooked_;
  std::uint64_t operations_ = 0;
};

}  // namespace poolhammer::watch
