#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "harness/trace/import.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Makes a trace from the calls in a log. A block is named by the number that the log gives it (an address,
/// or an id), 0 being the null pointer; each live block has a slot, and the slot freed last is the next one
/// used, so that a trace needs as many slots as blocks were live at once.
class ImportBuilder {
 public:
  /// Where in the log the next calls stand, for the wording of errors: a line, or an offset in a binary log.
  void at_line(std::uint64_t number) { place_ = {"line", number}; }
  void at_offset(std::uint64_t bytes) { place_ = {"offset", bytes}; }

  /// The thread that makes the next calls, numbered from 0 in the order of their first calls. Those that a
  /// trace has no number for share its last one.
  void on_thread(std::uint64_t number) {
    thread_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(number, thread_limit - 1U));
  }

  // Calls as the log tells them. `block` is what the call returned.
  void malloc(std::uint64_t block, std::uint64_t size);
  void aligned_malloc(std::uint64_t block,
                      std::uint64_t size);  ///< at an alignment that the log does not tell
  void aligned(std::uint64_t block, std::uint64_t alignment, std::uint64_t size);
  void calloc(std::uint64_t block, std::uint64_t count, std::uint64_t size);
  void realloc(std::uint64_t old_block, std::uint64_t block, std::uint64_t size);
  void free(std::uint64_t block);

  /// Gives a block another name, where there is a block of that name.
  void rename(std::uint64_t block, std::uint64_t name);

  /// A call whose outcome the log does not tell, because it ends.
  void incomplete_call() { ++result_.report.incomplete; }

  [[nodiscard]] std::uint64_t live_blocks() const { return slot_of_.size(); }
  [[nodiscard]] std::uint64_t peak_blocks() const { return slots_; }

  /// What was made. The builder is spent.
  [[nodiscard]] Imported finish() { return std::move(result_); }

 private:
  struct Place {
    std::string_view unit;
    std::uint64_t number;
  };

  void allocate(Operation operation, std::uint64_t block);
  void append(Operation operation);
  [[nodiscard]] std::uint32_t take_slot();
  void give_back(std::uint32_t slot) { free_slots_.push_back(slot); }
  void bind(std::uint64_t block, std::uint32_t slot);

  Imported result_;
  std::unordered_map<std::uint64_t, std::uint32_t> slot_of_;  // live blocks
  std::vector<std::uint32_t> free_slots_;                     // the slot freed last is at the back
  std::uint32_t slots_ = 0;                                   // slots in use or free
  Place place_{"line", 0};
  std::uint8_t thread_ = 0;
};

}  // namespace poolhammer
