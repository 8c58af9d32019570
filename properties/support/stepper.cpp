#include "properties/support/stepper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "harness/trace/text.hpp"
#include "properties/support/programs.hpp"

namespace poolhammer {
namespace {

constexpr std::size_t largest_object = std::numeric_limits<std::ptrdiff_t>::max();

[[nodiscard]] Outcome in_words(const std::optional<Complaint>& complaint) {
  if (!complaint) return std::nullopt;
  return fmt::format("{}: {}: expected {}, found {}", complaint->oracle, complaint->where,
                     complaint->expected, complaint->found);
}

/// The bytes that an operation asks for; the largest number where they do not fit one.
[[nodiscard]] std::uint64_t bytes_of(const Operation& operation) {
  std::uint64_t total = operation.size;
  if (operation.kind == OperationKind::calloc &&
      __builtin_mul_overflow(total, std::uint64_t{operation.count}, &total)) {
    return std::numeric_limits<std::uint64_t>::max();
  }
  return total;
}

}  // namespace

Stepper::Stepper(Subject& subject) : subject_(subject), shadow_(subject, true) {
  subject_.reset();
}

Outcome Stepper::perform(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::check:
      return check();
    case OperationKind::fail_arenas:
      subject_.fail_arenas(operation.size);
      return std::nullopt;
    case OperationKind::fail_raw:
      subject_.fail_raw(operation.size);
      return std::nullopt;
    case OperationKind::place:
      subject_.place(static_cast<pymalloc::Placement>(operation.size));
      return std::nullopt;
    default:
      break;
  }
  const auto complaint = in_words(judge(operation, slots_[operation.slot]));
  return complaint ? fmt::format("{}: {}", to_text(operation), *complaint) : complaint;
}

Outcome Stepper::perform(const Trace& trace) {
  for (const Operation& operation : trace.operations) {
    if (auto complaint = perform(operation)) return complaint;
  }
  return std::nullopt;
}

std::optional<Complaint> Stepper::judge(const Operation& operation, ShadowBlock& block) {
  const std::uint64_t size = bytes_of(operation);
  switch (operation.kind) {
    case OperationKind::malloc:
      if (block.address != nullptr || over_memory_limit(size)) return std::nullopt;
      return shadow_.allocated(block, subject_.malloc(size), size, false);
    case OperationKind::calloc:
      if (block.address != nullptr || over_memory_limit(size)) return std::nullopt;
      return shadow_.allocated(block, subject_.calloc(operation.count, operation.size), size, true);
    case OperationKind::realloc:
      if (over_memory_limit(size)) return std::nullopt;
      return shadow_.reallocated(block, subject_.realloc(block.address, size), size);
    default:
      return release(block);
  }
}

bool Stepper::over_memory_limit(std::uint64_t size) const {
  const std::uint64_t limit = run_options().memory_limit;
  return size <= largest_object && size > limit - std::min(limit, shadow_.live_bytes());
}

std::optional<Complaint> Stepper::release(ShadowBlock& block) {
  void* const address = block.address;
  if (address != nullptr) {
    if (auto complaint = shadow_.freed(block)) return complaint;
  }
  subject_.free(address);
  return std::nullopt;
}

Outcome Stepper::check() const {
  if (const auto violation = subject_.check()) return to_string(*violation);
  return in_words(shadow_.verify_all());
}

Outcome Stepper::drain() {
  std::optional<Complaint> complaint;
  slots_.for_each([&](ShadowBlock& block) {
    if (!complaint && block.address != nullptr) complaint = release(block);
  });
  if (complaint) return in_words(complaint);
  if (auto broken = check()) return broken;
  const auto remains = subject_.remains();
  if (!remains) return std::nullopt;
  if (remains->used_pools == 0 && remains->arenas <= remains->arenas_allowed && remains->raw_blocks == 0) {
    return std::nullopt;
  }
  return fmt::format("drained: {} pools in use, {} arenas of {} allowed, {} raw blocks", remains->used_pools,
                     remains->arenas, remains->arenas_allowed, remains->raw_blocks);
}

bool note_step(History& history, Stepper& stepper, const Operation& operation) {
  history.complaint = stepper.perform(operation);
  const std::byte* const address = operation.has_slot() ? stepper.block(operation.slot).address : nullptr;
  history.addresses.push_back(reinterpret_cast<std::uintptr_t>(address));
  history.digests.push_back(history.complaint ? 0 : stepper.subject().digest());
  return !history.complaint;
}

History history_of(const Trace& trace, Subject& subject) {
  History history;
  Stepper stepper(subject);
  for (const Operation& operation : trace.operations) {
    if (!note_step(history, stepper, operation)) break;
  }
  return history;
}

Outcome difference(const History& expected, const History& found) {
  if (expected == found) return std::nullopt;
  if (expected.complaint != found.complaint) {
    return fmt::format("expected {}, found {}", expected.complaint.value_or("no complaint"),
                       found.complaint.value_or("no complaint"));
  }
  for (std::size_t i = 0; i < std::min(expected.digests.size(), found.digests.size()); ++i) {
    if (expected.addresses[i] != found.addresses[i]) {
      return fmt::format("step {}: expected address {:#x}, found {:#x}", i, expected.addresses[i],
                         found.addresses[i]);
    }
    if (expected.digests[i] != found.digests[i]) {
      return fmt::format("step {}: expected digest {:#x}, found {:#x}", i, expected.digests[i],
                         found.digests[i]);
    }
  }
  return fmt::format("expected {} steps, found {}", expected.digests.size(), found.digests.size());
}

}  // namespace poolhammer
