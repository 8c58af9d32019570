#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "harness/library/board.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/random.hpp"
#include "worker/crew.hpp"
#include "worker/hand_over.hpp"
#include "worker/library_calls.hpp"
#include "worker/observed.hpp"

namespace poolhammer::library {

/// What a LibrarySubject works with besides the library; null and empty: without.
struct Company {
  Crew* crew = nullptr;              ///< performs the calls
  Observed* observed = nullptr;      ///< watches them
  std::span<std::uint64_t> answers;  ///< by step; with them, a block of 0 bytes is freed at once
  HandOver* hand_over = nullptr;     ///< blocks go to other threads and come from them
  std::uint64_t seed = 0;            ///< which blocks do
};

/// A library's allocator as a subject. As for `libc`, realloc to 0 bytes asks for 1: ISO C leaves it open.
class LibrarySubject final : public Subject {
 public:
  /// `place` is where it shows which function it is in, and where it reads the step.
  LibrarySubject(const LibraryCalls& calls, Place& place, const Company& company)
      : calls_(calls), place_(place), company_(company), random_(company.seed) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "lib"; }
  [[nodiscard]] void* malloc(std::size_t size) override;
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override;
  [[nodiscard]] void* realloc(void* block, std::size_t size) override;
  void free(void* block) override;

  /// ISO C: any object of that size or smaller. Blocks below 16 bytes need no more than their largest power
  /// of two.
  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override;
  [[nodiscard]] std::optional<std::size_t> block_size(const void* block) override;
  std::size_t features(std::span<std::uint8_t> counters) const override;

  /// What was wrong with a block that another thread handed over, in words.
  [[nodiscard]] const std::optional<std::string>& damage() const { return damage_; }
  /// Frees what other threads left. Only when they have ended.
  void empty_shelf();

 private:
  template <class Call>
  auto call(Inside inside, Call&& function);
  [[nodiscard]] void* given(void* block, std::size_t size);
  void answer(const void* block);
  void free_itself(void* block);
  void receive(const Parcel& parcel);

  LibraryCalls calls_;
  Place& place_;
  Company company_;
  Random random_;
  std::unordered_map<void*, std::size_t> sizes_;  ///< of live blocks, where they may be handed over
  std::optional<std::string> damage_;
};

}  // namespace poolhammer::library
