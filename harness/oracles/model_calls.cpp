#include "harness/oracles/model_calls.hpp"

#include <fmt/format.h>

#include "harness/base/counted.hpp"

namespace poolhammer {

using pymalloc::Call;
using pymalloc::JournalEntry;

namespace {

[[nodiscard]] std::string words(Call call, std::uintptr_t block, const std::string& bytes) {
  switch (call) {
    case Call::arena_request:
      return fmt::format("a request for an arena{}", bytes);
    case Call::arena_release:
      return fmt::format("the release of the arena at {:#x}{}", block, bytes);
    case Call::raw_malloc:
      return fmt::format("malloc{} by the raw allocator", bytes);
    case Call::raw_calloc:
      return fmt::format("calloc{} by the raw allocator", bytes);
    case Call::raw_realloc:
      return fmt::format("realloc{} by the raw allocator", bytes);
    case Call::raw_free:
      return fmt::format("free of {:#x} by the raw allocator", block);
  }
  return "";
}

}  // namespace

std::string to_words(const JournalEntry& entry) {
  const std::string bytes =
      entry.call == Call::raw_free ? "" : fmt::format(" of {}", counted(entry.size, "byte"));
  return words(entry.call, entry.block, bytes);
}

std::uintptr_t ModelCalls::next(Call call, std::uintptr_t block, std::size_t size) {
  if (difference_) return 0;
  const auto agrees = [&](const JournalEntry& made) {
    return made.call == call && (block == any || made.block == block) && (size == any || made.size == size);
  };
  if (done_ < made_.size() && agrees(made_[done_])) return made_[done_++].answer;
  const std::string bytes =
      size == any || call == Call::raw_free ? "" : fmt::format(" of {}", counted(size, "byte"));
  difference_ = Complaint{"model.requests", "", words(call, block == any ? 0 : block, bytes),
                          done_ < made_.size() ? to_words(made_[done_]) : "no call"};
  return 0;
}

std::optional<Complaint> ModelCalls::difference() {
  if (!difference_ && done_ < made_.size())
    difference_ = Complaint{"model.requests", "", "no call", to_words(made_[done_])};
  return difference_;
}

}  // namespace poolhammer
