#include "worker/library_subject.hpp"

#include <limits>

namespace poolhammer::library {

template <class Call>
auto LibrarySubject::call(Inside inside, Call&& function) {
  decltype(function()) result{};
  place_.inside.store(inside, std::memory_order_relaxed);
  if (company_.crew != nullptr) {
    company_.crew->perform([&] { result = function(); });
  } else {
    result = function();
  }
  place_.inside.store(Inside::none, std::memory_order_relaxed);
  return result;
}

void* LibrarySubject::malloc(std::size_t size) {
  return given(call(Inside::malloc, [&] { return calls_.malloc(size); }), size);
}

void* LibrarySubject::calloc(std::size_t count, std::size_t size) {
  std::size_t total = 0;
  if (__builtin_mul_overflow(count, size, &total)) total = std::numeric_limits<std::size_t>::max();
  return given(call(Inside::calloc, [&] { return calls_.calloc(count, size); }), total);
}

void* LibrarySubject::given(void* block, std::size_t size) {
  answer(block);
  if (block == nullptr) return nullptr;
  if (!company_.answers.empty() && size == 0) {
    free_itself(block);
    return nullptr;
  }
  if (company_.hand_over != nullptr) sizes_[block] = size;
  if (company_.observed != nullptr) company_.observed->given(block, block_size(block).value_or(size));
  return block;
}

void* LibrarySubject::realloc(void* block, std::size_t size) {
  const std::size_t asked = size == 0 ? 1 : size;
  void* const result = call(Inside::realloc, [&] { return calls_.realloc(block, asked); });
  answer(result);
  if (result == nullptr) return nullptr;
  if (company_.hand_over != nullptr) {
    sizes_.erase(block);
    sizes_[result] = size;
  }
  if (company_.observed != nullptr) {
    const std::size_t usable = block_size(result).value_or(size);
    if (block == nullptr)
      company_.observed->given(result, usable);
    else
      company_.observed->resized(block, result, usable);
  }
  return result;
}

void LibrarySubject::free(void* block) {
  if (company_.hand_over == nullptr || block == nullptr) return free_itself(block);
  const auto known = sizes_.find(block);
  const std::size_t size = known->second;
  sizes_.erase(known);
  if (!random_.chance(1, 4)) return free_itself(block);
  const Parcel parcel{block, size, random_.next()};
  wrap(parcel);
  receive(company_.hand_over->exchange(random_.next(), parcel));
}

void LibrarySubject::free_itself(void* block) {
  if (company_.observed != nullptr && block != nullptr) company_.observed->freed(block);
  (void)call(Inside::free, [&] { return calls_.free(block), 0; });
}

void LibrarySubject::receive(const Parcel& parcel) {
  if (parcel.block == nullptr) return;
  if (!damage_) damage_ = damage_of(parcel);
  free_itself(parcel.block);
}

void LibrarySubject::empty_shelf() {
  if (company_.hand_over == nullptr) return;
  for (std::uint64_t place = 0; place < HandOver::places; ++place)
    receive(company_.hand_over->exchange(place, {}));
}

std::size_t LibrarySubject::owed_alignment(std::size_t size) const noexcept {
  std::size_t alignment = alignof(std::max_align_t);
  while (alignment > 1 && alignment > size) alignment /= 2;
  return alignment;
}

std::optional<std::size_t> LibrarySubject::block_size(const void* block) {
  if (calls_.usable_size == nullptr) return std::nullopt;
  return call(Inside::usable_size, [&] { return calls_.usable_size(const_cast<void*>(block)); });
}

std::size_t LibrarySubject::features(std::span<std::uint8_t> counters) const {
  return company_.observed == nullptr ? 0 : company_.observed->write(counters);
}

void LibrarySubject::answer(const void* block) {
  const std::uint64_t step = place_.step.load(std::memory_order_relaxed);
  if (step >= company_.answers.size()) return;
  const std::uint64_t usable = block == nullptr ? 0 : 1 + block_size(block).value_or(0);
  company_.answers[static_cast<std::size_t>(step)] = usable;
}

}  // namespace poolhammer::library
