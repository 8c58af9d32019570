#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/base/random.hpp"
#include "harness/trace/breadth.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

struct GenerateOptions {
  std::size_t operations = 256;  ///< how many the trace gets
  LayoutId layout = LayoutId::tiny;
  bool commands = true;   ///< check points, failures of the arena source and the raw allocator, placements
  bool domains = false;   ///< requests for several domains, whose allocators are wrapped now and then
  Breadth breadth = {};   ///< what it may use beyond the plain functions
  bool reserves = false;  ///< requests of gigabytes, for an allocator that only reserves addresses for them
  /// Some programs fill the allocator with blocks alike, for one whose memory has an end; of one that is said
  /// to coalesce, others do with blocks of several sizes.
  bool fills = false;
};

/// A random program by swarm testing (Groce and others, ISSTA 2012): every trace draws which kinds of
/// operation it has at all and how often each, a profile of sizes, a number of slots, and how the heap grows
/// and shrinks (fill, random, drain from either end or in no order, saw teeth). So one trace fills arenas
/// with one class, and another never frees; together they reach what an even mixture of everything does not.
/// A pure function of its arguments, the same on every machine.
[[nodiscard]] Trace generate(std::uint64_t seed, const GenerateOptions& options = {});

/// The same, with the numbers taken from `random`.
[[nodiscard]] Trace generate(Random& random, const GenerateOptions& options);

}  // namespace poolhammer
