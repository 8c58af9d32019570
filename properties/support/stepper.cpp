#include "properties/support/stepper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "harness/trace/text.hpp"
#include "properties/support/programs.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] Outcome in_words(const std::optional<Complaint>& complaint) {
  if (!complaint) return std::nullopt;
  return fmt::format("{}: {}: expected {}, found {}", complaint->oracle, complaint->where,
                     complaint->expected, complaint->found);
}

}  // namespace

Stepper::Stepper(Subject& subject) : options_(run_options()), judged_(subject, options_) {}

Outcome Stepper::perform(const Operation& operation) {
  const auto complaint = in_words(judged_.perform(operation));
  return complaint ? fmt::format("{}: {}", to_text(operation), *complaint) : complaint;
}

Outcome Stepper::perform(const Trace& trace) {
  for (const Operation& operation : trace.operations) {
    if (auto complaint = perform(operation)) return complaint;
  }
  return std::nullopt;
}

Outcome Stepper::check() {
  return in_words(judged_.check());
}

Outcome Stepper::drain() {
  return in_words(judged_.drain());
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
