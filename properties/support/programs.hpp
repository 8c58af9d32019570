#pragma once

#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <utility>

#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

inline constexpr std::array<LayoutId, layouts> all_layouts = [] {
  std::array<LayoutId, layouts> all = {};
  for (std::uint8_t number = 0; number < layouts; ++number) all[number] = static_cast<LayoutId>(number);
  return all;
}();

struct ProgramOptions {
  std::size_t operations = 200;  ///< at most; RapidCheck's size, from 0 to max_size, says how many of them
  bool commands = true;          ///< check points, refusals and placements too
  std::span<const OwnOperation> own = {};  ///< of the allocator, which outlive the generator
};

/// Random programs for a layout, as generate() makes them. They shrink by losing operations and whole slots,
/// and to plainer operations, smaller sizes and lower slots.
[[nodiscard]] rc::Gen<Trace> programs(LayoutId layout, const ProgramOptions& options = {});

/// The same for all layouts; the tiny one, where most happens in few operations, as often as the others
/// together.
[[nodiscard]] rc::Gen<Trace> programs(const ProgramOptions& options = {});

[[nodiscard]] rc::Gen<LayoutId> any_layout();

/// Programs a little smaller or simpler than `trace`, the boldest first. `own`: of the allocator.
[[nodiscard]] rc::Seq<Trace> smaller_programs(const Trace& trace, std::span<const OwnOperation> own = {});

/// Sizes smaller than `size`, the boldest first. None lies between 64 KiB and PTRDIFF_MAX: such a request
/// would only test the machine's memory.
[[nodiscard]] rc::Seq<std::uint64_t> smaller_sizes(std::uint64_t size);

/// Sizes that a pool of the layout serves.
[[nodiscard]] rc::Gen<std::size_t> small_sizes(LayoutId layout);

/// The largest size that a pool of the layout serves.
[[nodiscard]] std::size_t largest_small_size(LayoutId layout);

/// RapidCheck prints a program in its text form.
void showValue(const Trace& trace, std::ostream& out);
void showValue(LayoutId layout, std::ostream& out);

/// A program and what else a property needs to know.
template <class Extra>
struct ProgramWith {
  Trace trace;
  Extra extra;

  [[nodiscard]] Trace program() const { return trace; }
};

template <class Extra>
void showValue(const ProgramWith<Extra>& value, std::ostream& out) {
  showValue(value.trace, out);
  out << "and ";
  rc::show(value.extra, out);
}

template <class Extra>
[[nodiscard]] rc::Gen<ProgramWith<Extra>> with(const rc::Gen<Trace>& traces, const rc::Gen<Extra>& extras) {
  return rc::gen::map(rc::gen::pair(traces, extras), [](std::pair<Trace, Extra>&& both) {
    return ProgramWith<Extra>{std::move(both.first), std::move(both.second)};
  });
}

/// The home subject of a layout, the same one at every call. Only for a property's act: it reserves address
/// space.
[[nodiscard]] Subject& home_subject(LayoutId layout, unsigned instance = 0);

/// How the properties run programs: all oracles on, and no block above 16 MiB.
[[nodiscard]] RunOptions run_options();

}  // namespace poolhammer
