#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "harness/base/random.hpp"
#include "harness/base/text_sink.hpp"
#include "harness/trace/operation.hpp"

namespace poolhammer {

// What an allocator has beside the functions of the standards: to trim, to add memory, to reset. The
// allocator declares each by name, with the ranges of its parameters. A trace has their numbers only, so that
// it is read and written without the allocator.

enum class ParameterKind : std::uint8_t {
  block,         ///< the address of the slot's block
  block_size,    ///< the bytes that this block was asked for with
  number,        ///< each number of a range as likely as another
  magnitude,     ///< each power of two as likely, and any number between
  power_of_two,  ///< the powers of two of a range
  choice,        ///< one of the words, by its number
};

/// What a number means for the block that the operation gives.
enum class ParameterRole : std::uint8_t { none, size, alignment };

struct OwnParameter {
  ParameterKind kind = ParameterKind::number;
  ParameterRole role = ParameterRole::none;
  std::uint64_t least = 0;
  std::uint64_t most = 0;  ///< not below `least`
  std::vector<std::string_view> words = {};

  /// Whether the trace carries it.
  [[nodiscard]] bool is_number() const {
    return kind != ParameterKind::block && kind != ParameterKind::block_size;
  }
  /// Its values are numbered from 0, the simplest, to this.
  [[nodiscard]] std::uint64_t last_index() const;
  [[nodiscard]] std::uint64_t value(std::uint64_t index) const;
  /// The number of the value that stands for any number: of its own where it is one.
  [[nodiscard]] std::uint64_t index_of(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t draw(Random& random) const;
};

/// What an operation does to the blocks of the program.
enum class OwnEffect : std::uint8_t {
  none,
  gives,      ///< the slot gets a block
  resizes,    ///< the slot's block gets another size
  frees,      ///< the slot's block
  frees_all,  ///< every block
};

/// As an allocator declares it. The name outlives the program, as a literal does.
struct OwnOperation {
  std::string_view name;
  std::vector<OwnParameter> parameters = {};  ///< in the order of the call; at most own_numbers are numbers
  OwnEffect effect = OwnEffect::none;

  [[nodiscard]] bool takes_block() const;
  /// Of the operations of a trace that perform it.
  [[nodiscard]] OperationKind kind() const;
  [[nodiscard]] std::size_t numbers() const;
};

inline constexpr std::size_t own_numbers = 3;

/// The numbers of an operation, in the order of the parameters.
using OwnNumbers = std::array<std::uint64_t, own_numbers>;
[[nodiscard]] OwnNumbers numbers_of(const Operation& operation);
[[nodiscard]] Operation with_numbers(Operation operation, const OwnNumbers& numbers);

/// The declaration that the step performs; null where the allocator has none, and the step is passed over.
[[nodiscard]] const OwnOperation* declared(const Operation& operation,
                                           std::span<const OwnOperation> operations);

/// The step with every number inside its range: what is performed. As it is where nothing is declared.
[[nodiscard]] Operation in_range(const Operation& operation, std::span<const OwnOperation> operations);

/// The number with that role, of a step whose numbers lie in their ranges.
[[nodiscard]] std::optional<std::uint64_t> number_with(ParameterRole role, const OwnOperation& declaration,
                                                       const OwnNumbers& numbers);

/// The number of the value that number `number` of the step stands for, and the step with another.
[[nodiscard]] std::uint64_t index_of_number(const Operation& operation, const OwnOperation& declaration,
                                            std::size_t number);
[[nodiscard]] Operation with_index(const Operation& operation, const OwnOperation& declaration,
                                   std::size_t number, std::uint64_t index);

/// A step that performs operation `number` of `operations`, with numbers that are drawn.
[[nodiscard]] Operation draw_own(std::span<const OwnOperation> operations, std::uint8_t number,
                                 std::uint32_t slot, Random& random);

/// "b0 = resize(b0, 64, 4096)": a step by its name. Allocates nothing. Precondition: `declaration` is the
/// step's.
void write_call(TextSink& out, const Operation& operation, const OwnOperation& declaration);

}  // namespace poolhammer
