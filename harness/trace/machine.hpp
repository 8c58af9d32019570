#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "harness/trace/operation.hpp"

namespace poolhammer {

// A program's numbers have 64 bits; the machine that runs it may have fewer. Never is a number cut to them.

/// The largest number of a program.
inline constexpr std::uint64_t largest_number = std::numeric_limits<std::uint64_t>::max();
/// The largest size that this machine has.
inline constexpr std::uint64_t largest_size = std::numeric_limits<std::size_t>::max();

/// A number that is less than this far from SIZE_MAX, or from PTRDIFF_MAX on either side, is written as such,
/// and means that of the machine which runs the program.
inline constexpr std::uint64_t named_within = std::uint64_t{1} << 20U;

/// The number as a machine whose SIZE_MAX is `most` takes it (2^k - 1, k from 32 to 64): one that is named by
/// SIZE_MAX or PTRDIFF_MAX is as far from the machine's. Nothing where the machine has no such number.
[[nodiscard]] constexpr std::optional<std::uint64_t> number_on_machine(std::uint64_t number,
                                                                       std::uint64_t most = largest_size) {
  constexpr std::uint64_t largest_object = largest_number / 2;
  if (number > largest_number - named_within) return most - (largest_number - number);
  if (number > largest_object - named_within && number < largest_object + named_within)
    return most / 2 - (largest_object - number);
  return number <= most ? std::optional(number) : std::nullopt;
}

namespace detail {

/// A product that does not fit 64 bits becomes one that does not fit the machine's sizes: the larger number
/// is as far above the largest that would do.
[[nodiscard]] constexpr Operation overflowing_on_machine(Operation request, std::uint64_t most) {
  const bool count_is_larger = request.count > request.size;
  std::uint64_t& larger = count_is_larger ? request.count : request.size;
  std::uint64_t& smaller = count_is_larger ? request.size : request.count;
  const std::uint64_t excess = larger - largest_number / smaller;
  smaller = std::min(smaller, most);
  larger = excess < most - most / smaller ? most / smaller + excess : most;
  return request;
}

}  // namespace detail

/// The call that a step makes on a machine whose SIZE_MAX is `most`; nothing where it has no such numbers,
/// and the step is passed over. On one of 64 bits, the step as it is. Precondition: its kind is a function
/// that allocates.
[[nodiscard]] constexpr std::optional<Operation> request_on_machine(const Operation& operation,
                                                                    std::uint64_t most = largest_size) {
  if (most == largest_number) return operation;
  if (!operation.bytes()) return detail::overflowing_on_machine(operation, most);
  const auto count = number_on_machine(operation.count, most);
  const auto size = number_on_machine(operation.size, most);
  const auto alignment = number_on_machine(operation.alignment, most);
  if (!count || !size || !alignment) return std::nullopt;
  Operation request = operation;
  request.count = *count;
  request.size = *size;
  request.alignment = *alignment;
  return request;
}

/// The bytes that the request comes to; SIZE_MAX where this machine has no such number.
[[nodiscard]] constexpr std::size_t bytes_on_machine(const Operation& request) {
  return static_cast<std::size_t>(std::min(request.bytes().value_or(largest_number), largest_size));
}

}  // namespace poolhammer
