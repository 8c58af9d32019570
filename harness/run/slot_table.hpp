#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace poolhammer {

/// The blocks (a type with a member `address`) that the slots of a trace hold. Low slots, which most traces
/// use alone, are an array; those above are in pages made when one of their slots is used, so that a trace
/// with one operation on slot sixteen million costs little, and one with millions of slots finds each as fast
/// as the first.
template <class Block>
class SlotTable {
 public:
  [[nodiscard]] Block& operator[](std::uint32_t slot) {
    if (slot < dense_.size()) return dense_[slot];
    if (slot < dense_limit) {
      dense_.resize(slot + 1);
      return dense_[slot];
    }
    return in_page(slot - dense_limit);
  }

  [[nodiscard]] SlotTable clone() const {
    SlotTable copy;
    copy.dense_ = dense_;
    for (const std::unique_ptr<Page>& page : pages_)
      copy.pages_.push_back(page == nullptr ? nullptr : std::make_unique<Page>(*page));
    return copy;
  }

  /// Calls visit(block) for every slot ever used, in ascending order, and for some that never were.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (Block& block : dense_) visit(block);
    for (const std::unique_ptr<Page>& page : pages_) {
      if (page == nullptr) continue;
      for (Block& block : *page) visit(block);
    }
  }

 private:
  static constexpr std::uint32_t dense_limit = 1U << 16U;
  static constexpr std::size_t page_size = 1024;
  using Page = std::array<Block, page_size>;

  [[nodiscard]] Block& in_page(std::size_t index) {
    const std::size_t page = index / page_size;
    if (page >= pages_.size()) pages_.resize(page + 1);
    if (pages_[page] == nullptr) pages_[page] = std::make_unique<Page>();
    return (*pages_[page])[index % page_size];
  }

  std::vector<Block> dense_;
  std::vector<std::unique_ptr<Page>> pages_;
};

}  // namespace poolhammer
