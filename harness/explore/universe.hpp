#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "allocator/placement.hpp"
#include "harness/explore/step.hpp"
#include "harness/oracles/complaint.hpp"

namespace poolhammer {

/// An allocator with all the world around it, which can be put back to an earlier state. An explorer drives
/// it and knows no more of it than this.
class Universe {
 public:
  Universe() = default;
  Universe(const Universe&) = delete;
  Universe& operator=(const Universe&) = delete;
  virtual ~Universe() = default;

  /// The state before the first step.
  virtual void start() = 0;

  /// Every step that may be taken from the current state, in an order that the state alone decides.
  virtual void steps(std::vector<Step>& steps) = 0;

  /// Takes one of steps(), and lets every oracle judge it. After a complaint only start() and restore() are
  /// allowed.
  [[nodiscard]] virtual std::optional<Complaint> take(const Step& step) = 0;

  /// Ends the allocator's life and judges what it gives back. Only start() and restore() are allowed after
  /// it.
  [[nodiscard]] virtual std::optional<Complaint> end() = 0;

  /// Whether the current state lies inside the limits of the space. A step that leads out of them is judged
  /// like any other, but nothing is explored behind it.
  [[nodiscard]] virtual bool inside() const = 0;

  /// Equal for states that count as one. Different for all others, but for a chance of 2^-64 each.
  [[nodiscard]] virtual std::uint64_t digest() const = 0;

  /// Keeps the current state under a number; restore() puts it back, byte for byte.
  virtual void save(std::size_t level) = 0;
  virtual void restore(std::size_t level) = 0;

  /// What begins every trace of this universe.
  virtual void preamble(std::vector<Operation>& operations) const = 0;
  /// The step that take() took last as operations of a trace, which a subject in the same state answers
  /// alike.
  virtual void describe(std::vector<Operation>& operations) const = 0;
  /// The same, as far as it can be told before the step is taken.
  virtual void announce(const Step& step, std::vector<Operation>& operations) const = 0;
};

/// Which universe of the home allocator.
struct UniverseOptions {
  std::vector<std::uint32_t> classes;  ///< block sizes in bytes that programs ask for; empty: all classes
  std::uint32_t arenas = 1;            ///< the source gives no more at a time; up to most_arenas
  std::uint32_t raw_blocks = 1;        ///< states with more live blocks of the raw allocator lie outside
  pymalloc::Placement placement = pymalloc::Placement::up;  ///< up, misaligned, adjacent or touching
  bool failures = false;  ///< also steps in which the source or the raw allocator refuses a request
  std::vector<OperationKind> without = {};  ///< of malloc, calloc, realloc and free, those not called
  bool exact = false;                       ///< states differ by addresses and the order of free lists too

  static constexpr std::uint32_t most_arenas = 4;
  static constexpr std::uint32_t most_raw_blocks = 2;
};

/// The layouts that there are universes of; the first is the usual one.
[[nodiscard]] std::span<const std::string_view> universe_layouts();

/// The block sizes of a layout, ascending; none where it is not one of universe_layouts().
[[nodiscard]] std::vector<std::uint32_t> class_sizes(std::string_view layout);

/// A universe of one of universe_layouts(); at most one lives in a process at a time. Preconditions: the
/// classes are among class_sizes(), the numbers within their limits. Throws std::runtime_error where the
/// machine does not allow it.
[[nodiscard]] std::unique_ptr<Universe> make_universe(std::string_view layout,
                                                      const UniverseOptions& options);

}  // namespace poolhammer
