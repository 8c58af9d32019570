#include "properties/support/programs.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/trace/generate.hpp"
#include "harness/trace/shape.hpp"
#include "harness/trace/sizes.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using Operations = std::vector<Operation>;

[[nodiscard]] std::set<std::uint32_t> slots_of(const Operations& operations) {
  std::set<std::uint32_t> slots;
  for (const Operation& operation : operations) {
    if (operation.has_slot()) slots.insert(operation.slot);
  }
  return slots;
}

/// Every slot with all its operations taken out.
[[nodiscard]] rc::Seq<Operations> without_a_slot(const Operations& operations) {
  return rc::seq::map(rc::seq::fromContainer(slots_of(operations)), [operations](std::uint32_t slot) {
    Operations fewer = operations;
    std::erase_if(fewer, [slot](const Operation& o) { return o.has_slot() && o.slot == slot; });
    return fewer;
  });
}

/// The slots numbered from 0, as they first occur.
[[nodiscard]] Operations with_dense_slots(Operations operations) {
  std::map<std::uint32_t, std::uint32_t> dense;
  for (Operation& operation : operations) {
    if (!operation.has_slot()) continue;
    operation.slot = dense.emplace(operation.slot, static_cast<std::uint32_t>(dense.size())).first->second;
  }
  return operations;
}

[[nodiscard]] rc::Seq<Operations> with_lower_slots(const Operations& operations) {
  Operations dense = with_dense_slots(operations);
  return dense == operations ? rc::Seq<Operations>() : rc::seq::just(std::move(dense));
}

/// A plain malloc in the place of a calloc or a realloc.
[[nodiscard]] rc::Seq<Operation> plainer_kinds(const Operation& operation) {
  std::uint64_t total = operation.size;
  if (operation.kind == OperationKind::calloc) {
    if (__builtin_mul_overflow(total, std::uint64_t{operation.count}, &total)) return {};
  } else if (operation.kind != OperationKind::realloc) {
    return {};
  }
  return rc::seq::just(Operation{OperationKind::malloc, operation.slot, 0, total});
}

[[nodiscard]] rc::Seq<Operation> with_smaller_numbers(const Operation& operation) {
  auto counts =
      rc::seq::map(rc::shrink::towards(operation.count, std::uint64_t{0}), [operation](std::uint64_t count) {
        Operation smaller = operation;
        smaller.count = count;
        return smaller;
      });
  auto sizes = rc::seq::map(smaller_sizes(operation.size), [operation](std::uint64_t size) {
    Operation smaller = operation;
    smaller.size = size;
    return smaller;
  });
  return rc::seq::concat(std::move(counts), std::move(sizes));
}

/// The allocator's own operation with a number nearer to the first of its range.
[[nodiscard]] rc::Seq<Operation> with_simpler_numbers(const Operation& operation,
                                                      const OwnOperation& declaration) {
  rc::Seq<Operation> simpler;
  for (std::size_t number = 0; number < declaration.numbers(); ++number) {
    auto others =
        rc::seq::map(rc::shrink::towards(index_of_number(operation, declaration, number), std::uint64_t{0}),
                     [operation, &declaration, number](std::uint64_t index) {
                       return with_index(operation, declaration, number, index);
                     });
    simpler = rc::seq::concat(std::move(simpler), std::move(others));
  }
  return simpler;
}

[[nodiscard]] rc::Seq<Operation> plainer(const Operation& operation, std::span<const OwnOperation> own) {
  if (const OwnOperation* const declaration = declared(operation, own))
    return with_simpler_numbers(operation, *declaration);
  return rc::seq::concat(plainer_kinds(operation), with_smaller_numbers(operation));
}

}  // namespace

rc::Seq<std::uint64_t> smaller_sizes(std::uint64_t size) {
  if (size <= largest_grantable_request) return rc::shrink::towards(size, std::uint64_t{0});
  return rc::seq::just(std::uint64_t{0}, largest_grantable_request);
}

rc::Seq<Trace> smaller_programs(const Trace& trace, std::span<const OwnOperation> own) {
  const Operations& all = trace.operations;
  auto smaller = rc::seq::concat(
      rc::shrink::removeChunks(all), without_a_slot(all), with_lower_slots(all),
      rc::shrink::eachElement(all, [own](const Operation& operation) { return plainer(operation, own); }));
  return rc::seq::map(std::move(smaller), [layout = trace.layout](Operations operations) {
    return Trace{layout, std::move(operations)};
  });
}

rc::Gen<Trace> programs(LayoutId layout, const ProgramOptions& options) {
  return [layout, options](const rc::Random& random, int size) {
    rc::Random numbers = random;
    const std::size_t most = 1 + options.operations * static_cast<std::size_t>(size) / 100;
    GenerateOptions shape;
    shape.layout = layout;
    shape.commands = options.commands;
    shape.operations = 1 + numbers.next() % most;
    shape.breadth.own = options.own;
    return rc::shrinkable::shrinkRecur(
        generate(numbers.next(), shape),
        [own = options.own](const Trace& trace) { return smaller_programs(trace, own); });
  };
}

rc::Gen<LayoutId> any_layout() {
  std::vector<LayoutId> drawn(all_layouts.begin(), all_layouts.end());
  drawn.resize(2 * (layouts - std::size_t{1}), LayoutId::tiny);
  return rc::gen::elementOf(std::move(drawn));
}

rc::Gen<Trace> programs(const ProgramOptions& options) {
  return rc::gen::mapcat(any_layout(), [options](LayoutId layout) { return programs(layout, options); });
}

std::size_t largest_small_size(LayoutId layout) {
  return static_cast<std::size_t>(shape_of(layout).largest);
}

rc::Gen<std::size_t> small_sizes(LayoutId layout) {
  return rc::gen::inRange<std::size_t>(1, largest_small_size(layout) + 1);
}

void showValue(const Trace& trace, std::ostream& out) {
  out << to_text(trace);
}

void showValue(LayoutId layout, std::ostream& out) {
  out << word(layout);
}

Subject& home_subject(LayoutId layout, unsigned instance) {
  static std::map<std::pair<LayoutId, unsigned>, std::unique_ptr<Subject>> subjects;
  std::unique_ptr<Subject>& subject = subjects[{layout, instance}];
  if (!subject) subject = make_subject("pymalloc:" + std::string(word(layout)), instance);
  if (!subject) throw std::logic_error("the home subjects are not linked");
  return *subject;
}

RunOptions run_options() {
  RunOptions options;
  options.memory_limit = std::uint64_t{16} << 20U;
  return options;
}

}  // namespace poolhammer
