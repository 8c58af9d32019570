#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "harness/contract/probe.hpp"

namespace poolhammer::contract {

/// What is known beforehand of a slot at a place of a probe, where every call does what it promises.
struct SlotFacts {
  bool live = false;
  std::uint64_t size = 0;       ///< bytes asked for
  std::uint64_t known = 0;      ///< bytes from its start that hold a pattern
  std::uint64_t alignment = 0;  ///< asked for; 0: none was
  std::uint16_t pattern_of = 0;
  Function origin = Function::malloc;

  friend bool operator==(const SlotFacts&, const SlotFacts&) = default;
};

/// What a call asks for, as far as a contract tells such calls apart: two calls of a function with equal
/// kinds are promised the same success or failure.
struct RequestKind {
  bool nothing = false;           ///< 0 bytes
  bool too_large = false;         ///< more than PTRDIFF_MAX bytes, which no object may have
  bool overflows = false;         ///< the product of count and size does not fit into size_t
  bool odd_alignment = false;     ///< no power of two
  bool small_alignment = false;   ///< less than a pointer's size: posix_memalign refuses it
  bool whole_alignments = false;  ///< the size is a multiple of the alignment

  friend bool operator==(const RequestKind&, const RequestKind&) = default;
  /// Whether the function must refuse.
  [[nodiscard]] bool refused(Function function) const;
};

/// Of a call that allocates or resizes.
[[nodiscard]] RequestKind request_kind(const Step& step);
/// Bytes that such a call asks for; only of use where the product does not overflow.
[[nodiscard]] std::uint64_t requested_bytes(const Step& step);

/// Walks a probe without performing it.
class Walk {
 public:
  /// Whether the step does anything at this place, such as free a block that is there.
  [[nodiscard]] bool acts(const Step& step) const;
  /// Goes behind the step.
  void pass(const Step& step);
  [[nodiscard]] const SlotFacts& slot(std::uint16_t number) const;
  /// All slots that were used, by number.
  [[nodiscard]] const std::map<std::uint16_t, SlotFacts>& slots() const { return slots_; }

 private:
  void call(const Step& step);

  std::map<std::uint16_t, SlotFacts> slots_;
};

/// Whether the step sets what the expectations of "the call" look at.
[[nodiscard]] bool answers(const Step& step);
/// Whether the expectation is of "the call" and not of a block.
[[nodiscard]] bool of_the_call(Expect expect);
/// Whether every repetition and child of the probe has its end, and none lies in another of its kind.
[[nodiscard]] bool balanced(const Probe& probe);
/// The probe with what its end does as steps: limits go, threads end, and all that is left is freed.
[[nodiscard]] Probe with_its_end(Probe probe);
/// The probes `before`, which expect and note nothing then, and the probe as one.
[[nodiscard]] Probe joined(std::span<const Probe> before, const Probe& probe);

}  // namespace poolhammer::contract
