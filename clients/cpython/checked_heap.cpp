#include "clients/cpython/checked_heap.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "allocator/invariants/block_check.hpp"
#include "allocator/invariants/check.hpp"
#include "allocator/invariants/violation.hpp"

namespace poolhammer::cpython {
namespace {

struct Figure {
  std::string_view key;    ///< in JSON
  std::string_view words;  ///< for people
  std::uint64_t value;
};

using Figures = std::array<Figure, 8>;

[[nodiscard]] Figures figures(const pymalloc::HeapState<pymalloc::Modern>& state, std::uint64_t operations,
                              std::uint64_t checks) {
  return {{{"operations", " operations", operations},
           {"arenas_requested", " arenas requested", state.arena_events.requested},
           {"arenas_released", " released", state.arena_events.released},
           {"arenas_most", " at most", state.arena_events.most},
           {"arenas", " now", state.totals.arenas},
           {"pools", " pools in use", state.totals.pools},
           {"blocks", " blocks in use", state.totals.blocks},
           {"checks", " checks", checks}}};
}

}  // namespace

void CheckedHeap::check_after(const char* operation, const void* block) {
  until_check_ = check_every_;
  check_now(after(operation, block));
}

void CheckedHeap::check_block_of(const char* operation, const void* block) {
  const std::optional<pymalloc::Violation> violation =
      pymalloc::check_block(block, pymalloc::Modern::alignment);
  if (violation) [[unlikely]]
    report_(after(operation, block) + ": " + to_string(*violation));
}

std::string CheckedHeap::after(const char* operation, const void* block) const {
  return "after operation " + std::to_string(operations_) + " (" + operation + ", " +
         pymalloc::hex(reinterpret_cast<std::uintptr_t>(block)) + ")";
}

void CheckedHeap::check_now(const std::string& when) {
  if (check_every_ == 0) return;
  ++checks_;
  // Asking the system whether memory can be read sets errno, and callers look at it after they freed what
  // they called the system with.
  const int error = errno;
  const std::optional<pymalloc::Violation> violation = pymalloc::check(heap_.state());
  errno = error;
  if (violation) report_(when + ": " + to_string(*violation));
}

std::string CheckedHeap::totals_text() const {
  std::string text;
  for (const Figure& figure : figures(heap_.state(), operations_, checks_))
    text += (text.empty() ? "" : ", ") + std::to_string(figure.value) + std::string(figure.words);
  return text;
}

std::string CheckedHeap::totals_json() const {
  std::string text;
  for (const Figure& figure : figures(heap_.state(), operations_, checks_)) {
    text += (text.empty() ? "{\"" : ", \"") + std::string(figure.key) + "\": " + std::to_string(figure.value);
  }
  return text + "}";
}

}  // namespace poolhammer::cpython
