#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "harness/library/board.hpp"
#include "harness/library/observed.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer::library {

/// Thrown where the records end: the worker died there.
struct RecordsEnd {};

/// A library's allocator as a subject, by what its client saw in a worker: run() judges the records of a
/// program as it judges an allocator of this process, but nothing is called. Its addresses are those of the
/// worker.
class LoggedSubject final : public Subject, private RemoteBytes {
 public:
  /// `records` are those of the program's steps, `end` the one of its end.
  /// `observe`: what can be seen from outside is kept for features(). `standard`, `bounded`: see Subject.
  LoggedSubject(const std::array<bool, functions>& present, std::span<const StepRecord> records,
                const StepRecord& end, bool observe = false, bool standard = true, bool bounded = false)
      : present_(present),
        records_(records),
        end_(end),
        observe_(observe),
        standard_(standard),
        bounded_(bounded) {}

  /// Where run() must write the step: see RunOptions::step_shown_at.
  [[nodiscard]] std::atomic<std::uint64_t>& step() { return step_; }

  [[nodiscard]] std::string_view name() const noexcept override { return "lib"; }
  [[nodiscard]] bool has(OperationKind function) const override {
    return is_function(function) && present_[static_cast<std::size_t>(function)];
  }
  [[nodiscard]] Answer call(const FunctionCall& call) override;
  [[nodiscard]] bool standard() const override { return standard_; }
  [[nodiscard]] bool bounded() const override { return bounded_; }
  [[nodiscard]] RemoteBytes* remote_bytes() override { return this; }
  [[nodiscard]] bool has_process() const override { return true; }
  [[nodiscard]] ActAnswer act(const Operation& operation) override;

  [[nodiscard]] void* malloc(std::size_t size) override;
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override;
  [[nodiscard]] void* realloc(void* block, std::size_t size) override;
  void free(void* block) override;

  /// ISO C: any object of that size or smaller. Blocks below 16 bytes need no more than their largest power
  /// of two.
  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override;
  [[nodiscard]] std::optional<std::size_t> block_size(const void* block) override;

  std::size_t features(std::span<std::uint8_t> counters) const override { return observed_.write(counters); }

 private:
  [[nodiscard]] std::optional<WrongByte> damage(const void* block) override;
  [[nodiscard]] std::optional<WrongByte> nonzero(const void* block) override;

  [[nodiscard]] bool at_end() const { return step_.load(std::memory_order_relaxed) >= records_.size(); }
  /// The record of the step, which begins with the first look at it.
  [[nodiscard]] const StepRecord& record();
  void observe(const FunctionCall& call, const Answer& answer, const StepRecord& record);

  const std::array<bool, functions>& present_;
  std::span<const StepRecord> records_;
  const StepRecord& end_;
  bool observe_;
  bool standard_;  ///< the functions have their names from the standards
  bool bounded_;
  std::atomic<std::uint64_t> step_ = 0;
  std::uint64_t begun_ = ~std::uint64_t{0};     ///< the step whose record was looked at last
  bool called_ = false;                         ///< in that step
  OperationKind last_ = OperationKind::malloc;  ///< the function that was called last
  std::uint64_t drained_ = 0;                   ///< calls of the drain
  Observed observed_;
};

}  // namespace poolhammer::library
