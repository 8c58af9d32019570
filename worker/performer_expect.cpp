#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "worker/performer.hpp"

namespace poolhammer::contract {
namespace {

/// Field `field` of /proc/self/statm in bytes, read without a stream, which would allocate.
[[nodiscard]] std::uint64_t statm(int field) {
  std::array<char, 256> text{};
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text.data(), text.size() - 1);
  close(file);
  if (length <= 0) return 0;
  char* place = text.data();
  std::uint64_t pages = 0;
  for (int index = 0; index <= field; ++index) pages = std::strtoull(place, &place, 10);
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

void Performer::expect(const Step& step) {
  // Of a block that is not there nothing can be expected: it was refused, or its step was left out.
  const bool of_block = step.slot < slot_count;
  if (of_block && (*slots_)[step.slot].block == nullptr) return;
  ++probe_->expectations;
  if (holds(step)) return;
  probe_->result = Result::broken;
  probe_->step = board_.header->at_step;
  ended_ = true;
}

bool Performer::holds(const Step& step) {
  Slot none;
  Slot& slot = step.slot < slot_count ? (*slots_)[step.slot] : none;
  const auto address = reinterpret_cast<std::uintptr_t>(slot.block);
  std::uint64_t& observed = probe_->observed;
  switch (step.expect) {
    case Expect::null:
      observed = reinterpret_cast<std::uintptr_t>(answer_.block);
      return answer_.block == nullptr;
    case Expect::not_null:
      observed = static_cast<std::uint64_t>(answer_.error);
      return answer_.block != nullptr;
    case Expect::error:
      observed = static_cast<std::uint64_t>(answer_.error);
      return observed == step.a;
    case Expect::failed_with:
      observed = static_cast<std::uint64_t>(answer_.status != 0 ? answer_.status : answer_.error);
      return answer_.block != nullptr || observed == step.a;
    case Expect::status:
      observed = static_cast<std::uint64_t>(answer_.status);
      return observed == step.a;
    case Expect::result_kept:
      return answer_.result_kept;
    case Expect::aligned:
      observed = address;
      return address % step.a == 0;
    case Expect::disjoint:
      return disjoint(slot);
    case Expect::zero:
      return zero(slot, step.a, step.b);
    case Expect::kept:
      return kept(slot);
    case Expect::all_kept:
      if (churn_damage_) {
        probe_->detail = among_threads;
        return false;
      }
      return std::all_of(slots_->begin(), slots_->begin() + highest_slot_,
                         [this](const Slot& each) { return each.block == nullptr || kept(each); });
    case Expect::usable:
      observed = usable(slot);
      return observed >= step.a;
    case Expect::usable_stable:
      probe_->detail = slot.usable;
      observed = usable(slot);
      return slot.usable == 0 || observed == slot.usable;
    case Expect::usable_multiple:
      observed = usable(slot);
      return observed % step.a == 0;
    case Expect::same_place:
      observed = address;
      return step.other < slot_count && slot.block == (*slots_)[step.other].last;
    case Expect::usable_none:
      observed = table_.has(Function::malloc_usable_size)
                     ? table_.call({.function = Function::malloc_usable_size}).value
                     : 0;
      return observed == 0;
    case Expect::handled:
      return answer_.handled;
  }
  return true;
}

bool Performer::zero(const Slot& slot, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t offset = from; offset < to; ++offset) {
    if (slot.block[offset] == 0) continue;
    probe_->detail = offset;
    probe_->observed = slot.block[offset];
    return false;
  }
  return true;
}

bool Performer::kept(const Slot& slot) {
  for (std::uint64_t offset = 0; offset < slot.known; ++offset) {
    if (slot.block[offset] == pattern(slot.pattern_of, offset)) continue;
    probe_->detail = offset;
    probe_->observed = slot.block[offset];
    return false;
  }
  return true;
}

bool Performer::disjoint(const Slot& slot) {
  // A block of no bytes has an address of its own all the same.
  const std::uint64_t size = std::max<std::uint64_t>(slot.size, 1);
  for (std::uint16_t number = 0; number < highest_slot_; ++number) {
    const Slot& other = (*slots_)[number];
    if (&other == &slot || other.block == nullptr) continue;
    if (slot.block < other.block + std::max<std::uint64_t>(other.size, 1) &&
        other.block < slot.block + size) {
      probe_->observed = number;
      return false;
    }
  }
  return true;
}

std::uint64_t Performer::usable(Slot& slot) {
  if (!table_.has(Function::malloc_usable_size)) return slot.size;
  return table_.call({.function = Function::malloc_usable_size, .block = slot.block, .error = next_error_})
      .value;
}

void Performer::note(const Step& step) {
  if (probe_->notes_taken >= probe_->notes) return;
  Slot none;
  Slot& slot = step.slot < slot_count ? (*slots_)[step.slot] : none;
  std::uint64_t value = 0;
  switch (step.note) {
    case Note::address:
      value = reinterpret_cast<std::uintptr_t>(slot.last);
      break;
    case Note::usable:
      value = slot.block == nullptr ? 0 : usable(slot);
      break;
    case Note::error:
      value = static_cast<std::uint64_t>(answer_.error);
      break;
    case Note::status:
      value = static_cast<std::uint64_t>(answer_.status);
      break;
    case Note::resident:
      value = statm(1);
      break;
    case Note::zero_gain:
      value = slot.block != nullptr && zero(slot, slot.size, usable(slot)) ? 1 : 0;
      break;
    case Note::live:
      value = slot.block != nullptr ? 1 : 0;
      break;
  }
  board_.notes[probe_->first_note + probe_->notes_taken++] = value;
}

void Performer::exhaust(const Step& step) {
  if (!table_.has(step.function) || step.a < 2 * sizeof(void*)) return;
  exhausted_by_ = step.function;
  exhausted_alignment_ = takes_alignment(step.function) ? alignof(std::max_align_t) : 0;
  for (std::uint64_t taken = 0; taken < step.b; ++taken) {
    answer_ = table_.call({.function = step.function,
                           .count = takes_count(step.function) ? std::size_t{1} : 0,
                           .size = step.a,
                           .alignment = exhausted_alignment_,
                           .error = next_error_});
    if (answer_.block == nullptr) return;
    std::memcpy(answer_.block, &exhausted_, sizeof exhausted_);
    exhausted_ = answer_.block;
  }
}

void Performer::release() {
  const Function function = plain_free(exhausted_by_);
  while (exhausted_ != nullptr) {
    void* const block = exhausted_;
    std::memcpy(&exhausted_, block, sizeof exhausted_);
    answer_ = table_.call({.function = function, .block = block, .alignment = exhausted_alignment_});
  }
}

void Performer::limit_memory(std::uint64_t more) {
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = std::min<rlim_t>(statm(0) + more, limit.rlim_max);
  limited_ = setrlimit(RLIMIT_AS, &limit) == 0;
}

void Performer::unlimit() {
  if (!limited_) return;
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_AS, &limit);
  limited_ = false;
}

}  // namespace poolhammer::contract
