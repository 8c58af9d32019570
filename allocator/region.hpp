#pragma once

#include <cstddef>
#include <cstdint>

namespace pymalloc {

/// A reserved range of address space, the same in every process: what makes a run a pure function of its
/// trace. Memory in it is zero until written, and costs nothing until then.
class Region {
 public:
  /// Bytes of one region: 1 TiB of addresses.
  static constexpr std::uint64_t size = std::uint64_t{1} << 40U;
  /// Numbers that a region may have.
  static constexpr unsigned limit = 25;

  /// Reserves region `number`, which no other live Region of the process may have. Throws std::runtime_error,
  /// with the reason in one line, where the system refuses (a limit on address space, say).
  explicit Region(unsigned number);
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region();

  [[nodiscard]] std::uintptr_t base() const { return base_; }

  /// Makes [address, address + bytes), which lies in the region, zero again. Whole pages inside it go back to
  /// the system.
  static void clear(std::uintptr_t address, std::size_t bytes);

  /// Takes the memory of [address, address + bytes), whole pages of the region, away: whoever touches it dies
  /// until allow() gives it back as it was. False where the system has no room to note it.
  [[nodiscard]] static bool forbid(std::uintptr_t address, std::size_t bytes);
  [[nodiscard]] static bool allow(std::uintptr_t address, std::size_t bytes);

  /// Bytes of a page.
  static constexpr std::size_t page = 4096;

 private:
  std::uintptr_t base_;
};

}  // namespace pymalloc
