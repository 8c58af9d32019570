#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/base/random.hpp"
#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// What programs for an allocator may use beyond malloc, calloc, realloc and free of small sizes by one
/// thread. The default is nothing.
struct Breadth {
  std::vector<OperationKind> functions;  ///< that the allocator has
  std::uint8_t threads = 1;              ///< that perform steps; at most thread_limit
  std::uint64_t largest = 0;  ///< the largest size in bytes that is asked for now and then; 0: none is
  /// Likewise, of blocks that need no memory for the most part, as nobody writes into all of it; 0: none.
  std::uint64_t huge = 0;
  std::vector<std::uint64_t> edges = {};   ///< sizes at which the allocator may change its ways, ascending
  std::span<const OwnOperation> own = {};  ///< that the allocator has besides; outlive the use of this

  /// Sizes that somebody named: the allocator's code, which compares with them, or its user.
  std::vector<std::uint64_t> named = {};

  /// The allocator is said to coalesce: programs may fill it before and after.
  bool coalesces = false;

  /// The allocator runs in a process of its own: calls may come from signal handlers, and children of the
  /// process may perform steps, see surroundings.hpp.
  bool own_process = false;

  /// Whether there is nothing but the plain functions and the allocator's own operations.
  [[nodiscard]] bool plain() const {
    return functions.empty() && threads <= 1 && largest == 0 && named.empty();
  }
  [[nodiscard]] bool nothing() const { return plain() && own.empty(); }
};

/// No program asks for more than this and less than what no allocator grants: what an allocator notes for
/// each page of such blocks would fill the machine.
inline constexpr std::uint64_t largest_huge = std::uint64_t{1} << 38U;

/// Every function, four threads, sizes up to 16 MiB: of these an allocator declares what it has.
[[nodiscard]] Breadth full_breadth();

/// Widens a program of plain steps: some become steps of other functions, with alignments; some sizes grow,
/// to powers of two, edges of classes and their neighbours, and some to gigabytes; threads perform them, end,
/// and are born again; usable sizes are asked for, blocks are filled anew, errno is set before a call; the
/// allocator's own operations come in between, see own_programs.hpp, and calls come from elsewhere, see
/// surroundings.hpp. How often each is drawn for the program,
/// and some not at all (swarm testing). At most `most` operations. A pure function of its arguments.
void broaden(Trace& trace, const Breadth& breadth, Random& random, std::size_t most);

/// Widens one step or a few: what a mutation does.
void broaden_a_little(Trace& trace, const Breadth& breadth, Random& random, std::size_t most);

}  // namespace poolhammer
