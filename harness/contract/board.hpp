#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "harness/contract/probe.hpp"

namespace poolhammer::contract {

/// A probe as it lies in the shared memory, and what became of it.
struct BoardProbe {
  std::uint32_t first_step = 0;
  std::uint32_t steps = 0;
  std::uint32_t first_note = 0;
  std::uint32_t notes = 0;  ///< how many values its steps of `note` may write
  std::uint32_t notes_taken = 0;
  Result result = Result::not_run;
  std::uint32_t step = 0;
  std::uint32_t expectations = 0;
  std::uint64_t observed = 0;
  std::uint64_t detail = 0;
};

inline constexpr std::size_t longest_name = 1024;

/// What the tool and a worker share: the tool writes symbols, probes and steps; the worker their outcomes,
/// and where it is, so that a death is told with its place.
struct BoardHeader {
  std::array<char, longest_name> module;                ///< the library whose functions are called
  std::array<std::array<char, 64>, functions> symbols;  ///< empty: not called
  std::array<bool, functions> present;                  ///< by the worker: which the library has itself
  std::array<char, longest_name> found;                 ///< by the worker: the file that it lies in
  std::atomic<std::uint32_t> at_probe;
  std::atomic<std::uint32_t> at_step;
  std::uint32_t probes;
  std::uint32_t steps;
  std::uint32_t notes;
  bool lacks_module;  ///< by the worker: the library was not loaded
};

/// The parts of a board that lies in `memory`.
struct Board {
  BoardHeader* header;
  std::span<BoardProbe> probes;
  std::span<Step> steps;
  std::span<std::uint64_t> notes;
};

/// Bytes that a board of that many parts takes.
[[nodiscard]] constexpr std::size_t board_bytes(std::size_t probes, std::size_t steps, std::size_t notes) {
  return sizeof(BoardHeader) + probes * sizeof(BoardProbe) + steps * sizeof(Step) +
         notes * sizeof(std::uint64_t) + 64;
}

/// The board in `memory`, whose header says how many parts it has.
[[nodiscard]] inline Board board_in(std::span<std::byte> memory) {
  auto* const header = reinterpret_cast<BoardHeader*>(memory.data());
  std::byte* place = memory.data() + (sizeof(BoardHeader) + 15) / 16 * 16;
  auto* const probes = reinterpret_cast<BoardProbe*>(place);
  place += header->probes * sizeof(BoardProbe);
  auto* const steps = reinterpret_cast<Step*>(place);
  place += header->steps * sizeof(Step);
  return {header,
          {probes, header->probes},
          {steps, header->steps},
          {reinterpret_cast<std::uint64_t*>(place), header->notes}};
}

}  // namespace poolhammer::contract
