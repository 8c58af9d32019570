#include "harness/library/observed.hpp"

#include <algorithm>
#include <bit>

namespace poolhammer::library {
namespace {

constexpr unsigned page_shift = 12;
constexpr unsigned span_shift = 16;

/// The doubling that a number is in, at most `most`.
[[nodiscard]] std::size_t doubling(std::uint64_t number, std::size_t most) {
  return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(number)), most);
}

/// Four classes for each doubling, from 16 bytes on.
[[nodiscard]] std::size_t class_of(std::uint64_t usable, std::size_t most) {
  if (usable < 16) return 0;
  const auto width = static_cast<unsigned>(std::bit_width(usable));
  const auto quarter = static_cast<std::size_t>((usable >> (width - 3U)) & 3U);
  return std::min<std::size_t>(1 + (width - 5U) * 4U + quarter, most);
}

}  // namespace

void Observed::note_address(std::uintptr_t address, std::size_t usable) {
  ++classes_[class_of(usable, classes - 1)];
  const std::uintptr_t forward = address - last_;
  const std::uintptr_t backward = last_ - address;
  ++deltas_[forward < backward ? doubling(forward, 48) : 49 + doubling(backward, 48)];
  last_ = address;
  const std::size_t kind = doubling(usable, 64) / 4;
  const auto found = freed_at_.find(address);
  const std::size_t distance =
      found == freed_at_.end() ? distances - 1 : doubling(frees_ - found->second, distances - 2);
  ++reuse_[std::min(kind, kinds - 1) * distances + distance];
  // The first and the last page stand for those between, of which only the owner tells.
  for (const std::uintptr_t end : {address, address + std::max<std::size_t>(usable, 1) - 1}) {
    pages_.insert(end >> page_shift);
    spans_.insert(end >> span_shift);
  }
}

void Observed::given(const void* block, std::size_t usable) {
  note_address(reinterpret_cast<std::uintptr_t>(block), usable);
}

void Observed::freed(const void* block) {
  freed_at_[reinterpret_cast<std::uintptr_t>(block)] = frees_++;
}

void Observed::resized(const void* before, const void* now, std::size_t usable) {
  const std::size_t moved = before == now ? 0 : 1;
  ++moves_[moved * classes + class_of(usable, classes - 1)];
  if (moved == 0) return;
  freed(before);
  given(now, usable);
}

void Observed::reset() {
  *this = Observed();
}

std::size_t Observed::write(std::span<std::uint8_t> counters) const {
  std::size_t written = 0;
  const auto put = [&](std::uint64_t count) {
    if (written < counters.size())
      counters[written++] = static_cast<std::uint8_t>(std::min<std::uint64_t>(count, 255));
  };
  for (const std::uint32_t count : classes_) put(count);
  for (const std::uint32_t count : reuse_) put(count);
  for (const std::uint32_t count : deltas_) put(count);
  for (const std::uint32_t count : moves_) put(count);
  for (const std::uint64_t number : {pages_.size(), spans_.size()}) {
    for (std::size_t power = 0; power < counts; ++power) put(doubling(number, counts - 1) == power ? 1 : 0);
  }
  return written;
}

}  // namespace poolhammer::library
