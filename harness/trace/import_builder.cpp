#include "harness/trace/import_builder.hpp"

#include <fmt/format.h>

#include <bit>
#include <string>
#include <string_view>

#include "harness/base/format_error.hpp"
#include "harness/trace/limits.hpp"

namespace poolhammer {
namespace {

void append_count(std::string& text, std::uint64_t count, std::string_view one, std::string_view many) {
  if (count == 0) return;
  if (!text.empty()) text += "; ";
  text += fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

void ImportBuilder::malloc(std::uint64_t block, std::uint64_t size) {
  allocate({OperationKind::malloc, 0, 0, size}, block);
}

void ImportBuilder::aligned_malloc(std::uint64_t block, std::uint64_t size) {
  ++result_.report.aligned_as_plain;
  malloc(block, size);
}

void ImportBuilder::aligned(std::uint64_t block, std::uint64_t alignment, std::uint64_t size) {
  // Logs name no function. posix_memalign takes any size, and every power of two from a pointer's size on.
  const bool posix = std::has_single_bit(alignment) && alignment >= sizeof(void*);
  if (!posix) return aligned_malloc(block, size);
  allocate({OperationKind::posix_memalign, 0, 0, size, alignment}, block);
}

void ImportBuilder::calloc(std::uint64_t block, std::uint64_t count, std::uint64_t size) {
  allocate({OperationKind::calloc, 0, count, size}, block);
}

void ImportBuilder::realloc(std::uint64_t old_block, std::uint64_t block, std::uint64_t size) {
  if (old_block == 0) {
    allocate({OperationKind::realloc, 0, 0, size}, block);
    return;
  }
  if (block == 0 && size == 0) {
    free(old_block);
    return;
  }
  const auto old = slot_of_.find(old_block);
  if (old == slot_of_.end()) {
    ++result_.report.skipped_frees;
    if (block != 0) malloc(block, size);
    return;
  }
  const std::uint32_t slot = old->second;
  if (block == 0) {
    // A failed realloc leaves the block as it is; should it succeed now, the slot holds the block all the
    // same.
    ++result_.report.refused;
  } else if (block != old_block) {
    slot_of_.erase(old);
    bind(block, slot);
  }
  append({OperationKind::realloc, slot, 0, size});
}

void ImportBuilder::free(std::uint64_t block) {
  if (block == 0) return;
  const auto found = slot_of_.find(block);
  if (found == slot_of_.end()) {
    ++result_.report.skipped_frees;
    return;
  }
  append({OperationKind::free, found->second, 0, 0});
  give_back(found->second);
  slot_of_.erase(found);
}

void ImportBuilder::rename(std::uint64_t block, std::uint64_t name) {
  const auto found = slot_of_.find(block);
  if (found == slot_of_.end()) return;
  const std::uint32_t slot = found->second;
  slot_of_.erase(found);
  bind(name, slot);
}

// An allocation that failed keeps no slot: the free behind it makes that true also where it succeeds now.
void ImportBuilder::allocate(Operation operation, std::uint64_t block) {
  operation.slot = take_slot();
  if (block == 0) {
    ++result_.report.refused;
    append(operation);
    append({OperationKind::free, operation.slot, 0, 0});
    give_back(operation.slot);
  } else {
    bind(block, operation.slot);
    append(operation);
  }
}

void ImportBuilder::append(Operation operation) {
  operation.thread = thread_;
  if (result_.trace.operations.size() == max_operations) {
    throw FormatError(fmt::format("{} {}: expected at most {} operations, found more", place_.unit,
                                  place_.number, max_operations));
  }
  result_.trace.operations.push_back(operation);
}

std::uint32_t ImportBuilder::take_slot() {
  if (!free_slots_.empty()) {
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  if (slots_ == slot_limit) {
    throw FormatError(fmt::format("{} {}: expected at most {} live blocks, found more", place_.unit,
                                  place_.number, slot_limit));
  }
  return slots_++;
}

// A block that the log hands out while it is live was freed in a way that the log does not show.
void ImportBuilder::bind(std::uint64_t block, std::uint32_t slot) {
  const auto [position, is_new] = slot_of_.try_emplace(block, slot);
  if (is_new) return;
  ++result_.report.implied_frees;
  append({OperationKind::free, position->second, 0, 0});
  give_back(position->second);
  position->second = slot;
}

std::string to_string(const ImportReport& report) {
  std::string text;
  append_count(text, report.skipped_frees, "free of a block from before the log left out",
               "frees of blocks from before the log left out");
  append_count(text, report.implied_frees, "free added, as the log hands out the address of a live block",
               "frees added, as the log hands out addresses of live blocks");
  append_count(text, report.aligned_as_plain, "aligned allocation taken as malloc",
               "aligned allocations taken as malloc");
  append_count(text, report.refused, "request that failed when logged", "requests that failed when logged");
  append_count(text, report.incomplete, "call cut off by the end of the log left out",
               "calls cut off by the end of the log left out");
  return text;
}

}  // namespace poolhammer
