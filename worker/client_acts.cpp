// What a program does besides calls for the blocks of its slots.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "harness/oracles/pattern.hpp"
#include "worker/client.hpp"
#include "worker/generations.hpp"
#include "worker/measure.hpp"
#include "worker/patience.hpp"

namespace poolhammer::worker {

using library::Seen;
using library::StepRecord;

void Client::act(const Operation& operation, StepRecord& record) {
  switch (operation.kind) {
    case OperationKind::limit_memory:
      return acts_.limit_memory(operation.size);
    case OperationKind::release:
      acts_.release();
      stopped_ = place_.unreleased;
      return;
    case OperationKind::exhaust:
    case OperationKind::recycle:
      calling_act(operation, record);
      stopped_ = place_.unreleased;
      return;
    case OperationKind::crowd:
      return note_crowd(churn(table_, operation.count, operation.size), record);
    case OperationKind::crowd_with_heirs:
      return note_crowd(churn_with_heirs(table_, operation.count, operation.size), record);
    case OperationKind::crowd_forks:
      if (!in_child_) note_crowd(fork_crowd(table_, operation.count, operation.size), record);
      return;
    case OperationKind::set_handler:
      return FunctionTable::install_handler();
    case OperationKind::set_throwing_handler:
      return FunctionTable::install_throwing_handler(operation.size != 0);
    case OperationKind::generations:
    case OperationKind::generations_hand_over: {
      const bool handed = operation.kind == OperationKind::generations_hand_over;
      const Growth growth = generations(table_, operation.count, static_cast<std::size_t>(operation.size),
                                        handed ? FreedBy::another : FreedBy::itself);
      record.usable = growth.least;
      record.block = growth.most;
      record.offset = growth.alone;
      return;
    }
    case OperationKind::misuse:
      return misuse(operation, slots_[operation.slot], record);
    case OperationKind::measure_resident:
      record.usable = memory_of_process(1);
      // Not an address: the most that was in memory so far.
      record.block = peak_resident_bytes();
      return;
    case OperationKind::measure_gain:
      return measure_gain(slots_[operation.slot], record);
    default:
      return;
  }
}

void Client::note_crowd(CrowdSaw saw, StepRecord& record) {
  if (saw == CrowdSaw::damage) record.seen = Seen::crowd;
  if (saw == CrowdSaw::nonzero) record.seen = Seen::nonzero;
}

void Client::calling_act(const Operation& operation, StepRecord& record) {
  if (!table_.has(operation.by)) return;
  const int error = std::exchange(next_error_, 0);
  std::uint64_t count = 0;
  std::optional<Answer> answer;
  perform_inside(operation.by, [&] {
    answer = operation.kind == OperationKind::exhaust
                 ? acts_.exhaust(operation, error, request_.memory_limit, count)
                 : acts_.recycle(operation, error, count);
  });
  if (!answer) return;
  note(*answer, record);
  record.usable = count;
}

void Client::misuse(const Operation& operation, const Slot& slot, StepRecord& record) {
  if (!table_.has(operation.by)) return;
  const bool of_block = takes_block(operation.by);
  if (of_block && slot.last == nullptr) return;
  note(call(call_of(operation, of_block ? static_cast<std::byte*>(slot.last) + operation.count : nullptr)),
       record);
  if (record.block != 0) ask_usable(reinterpret_cast<void*>(record.block), operation.by, record);
  // Where the block went, nobody knows: its owner looks at it no more.
  if (of_block) slots_[operation.slot] = {};
}

void Client::measure_gain(const Slot& slot, StepRecord& record) {
  if (slot.address == nullptr) return;
  const std::byte* const bytes = slot.address;
  const std::size_t end = std::max(usable(slot.address, slot.origin, slot.size), slot.size);
  record.usable =
      std::all_of(bytes + slot.size, bytes + end, [](std::byte byte) { return byte == std::byte{0}; });
}

bool Client::fork_child(std::span<const Operation> operations, std::size_t& index, StepRecord& record) {
  // A child has none of its own, and waits for no lock for ever: an alarm ends it then.
  constexpr unsigned patience_seconds = 20;
  if (in_child_) return false;
  const pid_t child = ::fork();
  if (child == 0) {
    in_child_ = true;
    end_where_hung({.computing = patience_seconds, .sleeping = patience_seconds});
    if (company_.threads != nullptr) company_.threads->forget();
    record.usable = 1;
    return false;
  }
  if (child < 0) record.done = true;
  while (index + 1 < operations.size() && operations[index + 1].kind != OperationKind::child_ends) ++index;
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child <= 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return true;
  // The child's end is this process's: told alike, with the step that the child had reached.
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  std::signal(WTERMSIG(status), SIG_DFL);
  std::raise(WTERMSIG(status));
  return true;
}

void Client::leave_child() {
  _exit(0);
}

}  // namespace poolhammer::worker
