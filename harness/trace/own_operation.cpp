#include "harness/trace/own_operation.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// Calls visit(parameter, index of its number) for each that the trace carries.
template <class Visit>
void for_each_number(const OwnOperation& declaration, Visit&& visit) {
  std::size_t index = 0;
  for (const OwnParameter& parameter : declaration.parameters) {
    if (parameter.is_number()) visit(parameter, index++);
  }
}

[[nodiscard]] std::uint64_t width(std::uint64_t number) {
  return static_cast<std::uint64_t>(std::bit_width(number));
}

}  // namespace

std::uint64_t OwnParameter::last_index() const {
  if (kind == ParameterKind::power_of_two) return width(most) - width(least);
  return kind == ParameterKind::choice ? words.size() - 1 : most - least;
}

std::uint64_t OwnParameter::value(std::uint64_t index) const {
  if (kind == ParameterKind::power_of_two) return least << index;
  return kind == ParameterKind::choice ? index : least + index;
}

std::uint64_t OwnParameter::index_of(std::uint64_t number) const {
  const std::uint64_t last = last_index();
  const bool is_power = kind == ParameterKind::power_of_two;
  if (is_power && std::has_single_bit(number) && number >= least && number <= most)
    return width(number) - width(least);
  if (!is_power && kind != ParameterKind::choice && number >= least && number <= most) return number - least;
  return last == std::numeric_limits<std::uint64_t>::max() ? number : number % (last + 1);
}

std::uint64_t OwnParameter::draw(Random& random) const {
  const std::uint64_t last = last_index();
  if (last == 0) return value(0);
  // Where something changes, it mostly does at an end.
  if (random.chance(1, 8)) return value(random.chance(1, 2) ? 0 : last);
  if (kind == ParameterKind::magnitude) {
    const std::uint64_t power = random.below(width(last) + 1);
    const std::uint64_t index =
        power == 0 ? 0 : (std::uint64_t{1} << (power - 1)) + random.below(std::uint64_t{1} << (power - 1));
    return value(std::min(index, last));
  }
  return value(last == std::numeric_limits<std::uint64_t>::max() ? random.next() : random.below(last + 1));
}

bool OwnOperation::takes_block() const {
  return std::ranges::any_of(
      parameters, [](const OwnParameter& parameter) { return parameter.kind == ParameterKind::block; });
}

OperationKind OwnOperation::kind() const {
  return takes_block() || effect == OwnEffect::gives ? OperationKind::own_block : OperationKind::own;
}

std::size_t OwnOperation::numbers() const {
  return static_cast<std::size_t>(std::ranges::count_if(parameters, &OwnParameter::is_number));
}

OwnNumbers numbers_of(const Operation& operation) {
  return {operation.count, operation.size, operation.alignment};
}

Operation with_numbers(Operation operation, const OwnNumbers& numbers) {
  operation.count = numbers[0];
  operation.size = numbers[1];
  operation.alignment = numbers[2];
  return operation;
}

const OwnOperation* declared(const Operation& operation, std::span<const OwnOperation> operations) {
  if (!operation.has_own() || operation.own >= operations.size()) return nullptr;
  const OwnOperation& declaration = operations[operation.own];
  return declaration.kind() == operation.kind ? &declaration : nullptr;
}

Operation in_range(const Operation& operation, std::span<const OwnOperation> operations) {
  const OwnOperation* const declaration = declared(operation, operations);
  if (declaration == nullptr) return operation;
  const OwnNumbers found = numbers_of(operation);
  OwnNumbers numbers = {};
  for_each_number(*declaration, [&](const OwnParameter& parameter, std::size_t i) {
    numbers[i] = parameter.value(parameter.index_of(found[i]));
  });
  return with_numbers(operation, numbers);
}

std::optional<std::uint64_t> number_with(ParameterRole role, const OwnOperation& declaration,
                                         const OwnNumbers& numbers) {
  std::optional<std::uint64_t> number;
  for_each_number(declaration, [&](const OwnParameter& parameter, std::size_t i) {
    if (parameter.role == role) number = numbers[i];
  });
  return number;
}

std::uint64_t index_of_number(const Operation& operation, const OwnOperation& declaration,
                              std::size_t number) {
  std::uint64_t index = 0;
  for_each_number(declaration, [&](const OwnParameter& parameter, std::size_t i) {
    if (i == number) index = parameter.index_of(numbers_of(operation)[i]);
  });
  return index;
}

Operation with_index(const Operation& operation, const OwnOperation& declaration, std::size_t number,
                     std::uint64_t index) {
  OwnNumbers numbers = numbers_of(operation);
  for_each_number(declaration, [&](const OwnParameter& parameter, std::size_t i) {
    if (i == number) numbers[i] = parameter.value(index);
  });
  return with_numbers(operation, numbers);
}

Operation draw_own(std::span<const OwnOperation> operations, std::uint8_t number, std::uint32_t slot,
                   Random& random) {
  const OwnOperation& declaration = operations[number];
  OwnNumbers numbers = {};
  for_each_number(declaration,
                  [&](const OwnParameter& parameter, std::size_t i) { numbers[i] = parameter.draw(random); });
  Operation operation;
  operation.kind = declaration.kind();
  operation.slot = operation.has_slot() ? slot : 0;
  operation.own = number;
  return with_numbers(operation, numbers);
}

void write_call(TextSink& out, const Operation& operation, const OwnOperation& declaration) {
  const OwnNumbers numbers = numbers_of(operation);
  const auto slot = [&]() -> TextSink& { return out << "b" << std::uint64_t{operation.slot}; };
  if (declaration.effect == OwnEffect::gives || declaration.effect == OwnEffect::resizes) slot() << " = ";
  out << declaration.name << "(";
  std::string_view before;
  std::size_t index = 0;
  for (const OwnParameter& parameter : declaration.parameters) {
    out << std::exchange(before, ", ");
    if (parameter.kind == ParameterKind::block_size) out << "size of ";
    if (!parameter.is_number()) {
      slot();
      continue;
    }
    const std::uint64_t number = parameter.value(parameter.index_of(numbers[index++]));
    if (parameter.kind == ParameterKind::choice)
      out << parameter.words[static_cast<std::size_t>(number)];
    else
      write_number(out, number);
  }
  out << ")";
}

}  // namespace poolhammer
