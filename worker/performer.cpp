#include "worker/performer.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace poolhammer::contract {

namespace {

/// The call of a step that allocates or resizes.
[[nodiscard]] FunctionCall call_of(const Step& step, void* block, int error) {
  const bool counted = takes_count(step.function);
  const bool aligned = takes_alignment(step.function);
  return {.function = step.function,
          .block = block,
          .count = counted ? step.a : 0,
          .size = counted || aligned ? step.b : step.a,
          .alignment = aligned ? step.a : 0,
          .error = error};
}

}  // namespace

Performer::Performer(Board board, FunctionTable& table)
    : board_(board), table_(table), slots_(std::make_unique<std::array<Slot, slot_count>>()) {}

void Performer::perform_all() {
  for (std::uint32_t probe = 0; probe < board_.probes.size(); ++probe) perform(probe);
}

void Performer::perform(std::uint32_t probe) {
  board_.header->at_probe = probe;
  probe_ = &board_.probes[probe];
  ended_ = churn_damage_ = false;
  answer_ = {};
  next_error_ = 0;
  perform_steps(board_.steps.subspan(probe_->first_step, probe_->steps));
  unlimit();
  release();
  drain();
  if (probe_->result == Result::not_run) probe_->result = Result::held;
}

void Performer::perform_steps(std::span<const Step> steps) {
  std::size_t loop = 0;
  std::uint64_t rounds = 0;
  for (std::size_t index = 0; index < steps.size() && !ended_; ++index) {
    const Step& step = steps[index];
    board_.header->at_step = static_cast<std::uint32_t>(index);
    switch (step.verb) {
      case Verb::repeat:
        loop = index;
        rounds = step.a;
        break;
      case Verb::repeat_ends:
        if (rounds > 1) {
          --rounds;
          index = loop;
        }
        break;
      case Verb::fork:
        fork_child();
        // The parent goes on behind what the child performed.
        if (!in_child_) {
          while (index + 1 < steps.size() && steps[index].verb != Verb::child_ends) ++index;
        }
        break;
      case Verb::child_ends:
        if (in_child_) _exit(0);
        break;
      default:
        perform_on_its_thread(step);
    }
  }
  if (in_child_) _exit(0);
}

void Performer::perform_on_its_thread(const Step& step) {
  if (step.verb == Verb::end_thread) return threads_.end(step.thread);
  threads_.perform(step.thread, [&] { perform_step(step); });
}

void Performer::drain() {
  threads_.end_all();
  for (std::uint16_t number = 0; number < highest_slot_; ++number) {
    Slot& slot = (*slots_)[number];
    if (slot.block != nullptr) free(slot, plain_free(slot.origin));
    slot = {};
  }
  highest_slot_ = 0;
}

void Performer::perform_step(const Step& step) {
  const bool has_slot = step.slot < slot_count;
  if (has_slot)
    highest_slot_ = std::max<std::uint16_t>(highest_slot_, static_cast<std::uint16_t>(step.slot + 1));
  switch (step.verb) {
    case Verb::call:
      return call(step);
    case Verb::set_errno:
      next_error_ = static_cast<int>(step.a);
      return;
    case Verb::fill:
      if (has_slot) fill((*slots_)[step.slot], step.slot, (*slots_)[step.slot].size);
      return;
    case Verb::fill_usable:
      if (has_slot && (*slots_)[step.slot].block != nullptr)
        fill((*slots_)[step.slot], step.slot, usable((*slots_)[step.slot]));
      return;
    case Verb::expect:
      return expect(step);
    case Verb::note:
      return note(step);
    case Verb::limit_memory:
      return limit_memory(step.a);
    case Verb::unlimit:
      return unlimit();
    case Verb::exhaust:
      return exhaust(step);
    case Verb::release:
      return release();
    case Verb::churn:
      if (!churn(table_, static_cast<unsigned>(step.a), step.b)) churn_damage_ = true;
      return;
    case Verb::fork_crowd:
      if (!fork_crowd(table_, static_cast<unsigned>(step.a), step.b)) churn_damage_ = true;
      return;
    case Verb::set_handler:
      return table_.install_handler();
    case Verb::misuse:
      return misuse(step);
    default:
      return;
  }
}

void Performer::call(const Step& step) {
  if (!table_.has(step.function)) return;
  const int error = next_error_;
  if (allocates(step.function)) {
    if (resizes(step.function))
      resize(step);
    else
      allocate(step);
  } else if (step.slot >= slot_count) {
    answer_ =
        table_.call({.function = step.function, .alignment = alignof(std::max_align_t), .error = error});
  } else if (Slot& slot = (*slots_)[step.slot]; slot.block == nullptr) {
    // No call: nothing was done to errno.
    answer_ = {};
    answer_.error = error;
  } else if (frees(step.function)) {
    free(slot, step.function);
  } else {
    slot.usable = usable(slot);
  }
  next_error_ = 0;
}

void Performer::allocate(const Step& step) {
  if (step.slot >= slot_count || (*slots_)[step.slot].block != nullptr) return;
  Slot& slot = (*slots_)[step.slot];
  answer_ = table_.call(call_of(step, nullptr, next_error_));
  slot.block = static_cast<unsigned char*>(answer_.block);
  if (slot.block == nullptr) return;
  slot.last = slot.block;
  slot.size = takes_count(step.function) ? step.a * step.b : takes_alignment(step.function) ? step.b : step.a;
  slot.alignment = takes_alignment(step.function) ? step.a : 0;
  slot.known = slot.usable = 0;
  slot.origin = step.function;
}

void Performer::resize(const Step& step) {
  if (step.slot >= slot_count) return;
  Slot& slot = (*slots_)[step.slot];
  Slot none;
  Slot& source = step.other < slot_count ? (*slots_)[step.other] : none;
  if (step.other < slot_count && source.block == nullptr) return;
  if (&slot != &source && slot.block != nullptr) return;
  answer_ = table_.call(call_of(step, source.block, next_error_));
  const std::uint64_t size = takes_count(step.function) ? step.a * step.b : step.a;
  // What realloc does with a size of 0 is the implementation's choice: a block it gives is live, a null
  // pointer says that the old block is gone.
  if (answer_.block == nullptr && size != 0) return;
  const Slot old = source;
  source.block = nullptr;
  source.known = source.usable = 0;
  slot.block = static_cast<unsigned char*>(answer_.block);
  if (slot.block == nullptr) return;
  slot.last = slot.block;
  slot.size = size;
  slot.known = std::min(old.known, size);
  slot.pattern_of = old.pattern_of;
  slot.alignment = slot.usable = 0;
  slot.origin = step.function;
}

void Performer::free(Slot& slot, Function function) {
  if (!table_.has(function)) {
    // Where the library has no such form of delete, another of its family does: blocks do not pile up.
    function = plain_free(slot.origin);
    if (!table_.has(function)) return void(slot = {});
  }
  const std::uint64_t alignment = slot.alignment == 0 ? alignof(std::max_align_t) : slot.alignment;
  unsigned char* const block = slot.block;
  slot.block = nullptr;
  slot.known = slot.usable = 0;
  answer_ = table_.call({.function = function,
                         .block = block,
                         .size = slot.size,
                         .alignment = alignment,
                         .error = next_error_});
}

void Performer::misuse(const Step& step) {
  if (step.slot >= slot_count || !table_.has(step.function) || (*slots_)[step.slot].last == nullptr) return;
  Slot& slot = (*slots_)[step.slot];
  slot.block = nullptr;
  answer_ = table_.call({.function = step.function,
                         .block = slot.last + step.a,
                         .size = slot.size,
                         .alignment = alignof(std::max_align_t),
                         .error = next_error_});
}

void Performer::fill(Slot& slot, std::uint16_t number, std::uint64_t bytes) {
  if (slot.block == nullptr) return;
  for (std::uint64_t offset = 0; offset < bytes; ++offset) slot.block[offset] = pattern(number, offset);
  slot.known = bytes;
  slot.pattern_of = number;
}

void Performer::fork_child() {
  const pid_t child = ::fork();
  if (child == 0) {
    in_child_ = true;
    threads_.forget();
    return;
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child > 0 && WIFSIGNALED(status)) {
    // The child's death is this probe's: told alike, with the step that the child had reached.
    signal(WTERMSIG(status), SIG_DFL);
    raise(WTERMSIG(status));
  }
  if (probe_->result == Result::broken) ended_ = true;
}

}  // namespace poolhammer::contract
