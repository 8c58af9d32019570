#include "harness/run/program_shape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "harness/run/simplicity.hpp"
#include "harness/trace/lifetimes.hpp"
#include "harness/trace/shape.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t largest_request = std::numeric_limits<std::ptrdiff_t>::max();
constexpr std::size_t several = 3;

[[nodiscard]] std::uint64_t total_of(const Operation& operation) {
  std::uint64_t total = operation.size;
  if (operation.has_count() && __builtin_mul_overflow(std::uint64_t{operation.count}, operation.size, &total))
    return std::numeric_limits<std::uint64_t>::max();
  return total;
}

/// Words for the sizes of one program.
class SizeWords {
 public:
  explicit SizeWords(const Trace& trace) : shape_(shape_of(trace.layout)) {
    for (const Operation& operation : trace.operations) {
      const std::uint64_t total = total_of(operation);
      if (has_bytes(operation) && total > 0 && total <= shape_.largest)
        classes_.insert(shape_.class_size(total));
    }
  }

  [[nodiscard]] std::string word(std::uint64_t total) const {
    if (total == 0) return "zero";
    if (total > largest_request) return "huge";
    if (total > shape_.largest) return "large";
    const auto number = std::distance(classes_.begin(), classes_.find(shape_.class_size(total)));
    return number < 26 ? std::string(1, static_cast<char>('a' + number)) : fmt::format("size{}", number);
  }

 private:
  LayoutShape shape_;
  std::set<std::uint64_t> classes_;
};

/// An operation in words, and how many of its kind follow each other.
struct Step {
  std::string request;  ///< what is asked for, without the slot
  std::uint32_t slot = 0;
  bool has_slot = false;
  bool may_repeat = false;
};

[[nodiscard]] Step step_of(const Operation& operation, const SizeWords& sizes) {
  Step step{std::string(word(operation.kind)), operation.slot, operation.has_slot(), false};
  if (operation.has_own()) step.request += fmt::format(" {}", operation.own);
  if (has_bytes(operation)) {
    step.request += " " + sizes.word(total_of(operation));
    step.may_repeat = operation.kind != OperationKind::realloc;
  } else if (const Choices choices = choices_of(operation.kind); !choices.words.empty()) {
    step.request += fmt::format(" {}", choices.words[static_cast<std::size_t>(operation.size)]);
  }
  return step;
}

}  // namespace

std::string program_shape(const Trace& trace) {
  const SizeWords sizes(trace);
  std::vector<Step> steps;
  for (const Operation& operation : with_own_slots(trace.operations))
    steps.push_back(step_of(operation, sizes));
  std::string shape;
  for (std::size_t i = 0; i < steps.size();) {
    std::size_t end = i + 1;
    while (end < steps.size() && steps[i].may_repeat && steps[end].request == steps[i].request) ++end;
    if (end - i >= several) {
      shape += fmt::format("{}several {}", shape.empty() ? "" : ", ", steps[i].request);
    } else {
      end = i + 1;
      shape += fmt::format("{}{}{}", shape.empty() ? "" : ", ", steps[i].request,
                           steps[i].has_slot ? fmt::format(" #{}", steps[i].slot) : "");
    }
    i = end;
  }
  return shape.empty() ? "nothing at all" : shape;
}

}  // namespace poolhammer
