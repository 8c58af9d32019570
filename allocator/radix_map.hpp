#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "allocator/layout.hpp"

namespace pymalloc {

/// The set of a heap's arenas as a radix tree over all 64 bits of an address.
///
/// The address space is cut into cells of one arena's size. An aligned arena fills one cell; any other covers
/// the tail of one and the head of the next. The leaves hold the cells, so that a question about a pointer
/// looks at the pointer's bits alone and never at what it points to. Nodes come zeroed from the raw allocator
/// and stay until clear(). CPython's tree has the same levels since 3.11; the one of 3.10 took addresses 2^48
/// apart for the same.
template <Layout L>
class RadixMap {
 public:
  static constexpr unsigned arena_bits = Geometry<L>::arena_bits;
  static constexpr std::size_t levels = L::radix_bits.size();

  /// How much of a cell belongs to arenas, in bytes.
  struct Cell {
    std::uint32_t head;  ///< at its start: the end of an arena that began in the cell before
    std::uint32_t tail;  ///< at its end: the start of an arena that began here

    [[nodiscard]] bool empty() const { return head == 0 && tail == 0; }
    friend bool operator==(const Cell&, const Cell&) = default;
  };
  static_assert(std::numeric_limits<decltype(Cell::head)>::max() >= L::arena_size &&
                std::numeric_limits<decltype(Cell::tail)>::max() >= L::arena_size);

  /// Whether `address` lies in an arena of the set.
  [[nodiscard]] bool contains(std::uintptr_t address) const {
    const Cell* const cell = find(address >> arena_bits);
    if (cell == nullptr) return false;
    // Outside is what lies between the head and the tail. One comparison tells: where arenas are not aligned,
    // a branch between head and tail would go either way as if by chance.
    const auto behind_head = static_cast<std::int64_t>(address & (L::arena_size - 1)) - cell->head;
    const std::int64_t outside = std::int64_t{L::arena_size} - cell->head - cell->tail;
    return static_cast<std::uint64_t>(behind_head) >= static_cast<std::uint64_t>(outside);
  }

  /// Adds the arena at `address`, which overlaps none of the set. False, with the set as it was, where the
  /// raw allocator refuses a node.
  template <class Raw>
  [[nodiscard]] bool mark(std::uintptr_t address, Raw& raw) {
    const auto offset = static_cast<std::uint32_t>(address & (L::arena_size - 1));
    const std::uintptr_t number = address >> arena_bits;
    Cell* const first = obtain(number, raw);
    if (first == nullptr) return false;
    if (offset != 0) {
      Cell* const second = obtain(number + 1, raw);
      if (second == nullptr) return false;
      second->head = offset;
    }
    first->tail = static_cast<std::uint32_t>(L::arena_size) - offset;
    return true;
  }

  /// Takes the arena at `address` out of the set that holds it.
  void unmark(std::uintptr_t address) {
    const std::uintptr_t number = address >> arena_bits;
    const_cast<Cell*>(find(number))->tail = 0;
    if ((address & (L::arena_size - 1)) != 0) const_cast<Cell*>(find(number + 1))->head = 0;
  }

  /// The cell of the given number (an address divided by the arena size), or null where it has no leaf.
  [[nodiscard]] const Cell* find(std::uintptr_t number) const { return find_below<0>(root_, number); }

  /// Calls visit(number, cell) for every cell that is not empty, in ascending order, until it returns false.
  /// Looks only at the part of each node that mark() ever touched.
  template <class Visit>
  void visit_cells(Visit&& visit) const {
    if (root_ != nullptr) (void)visit_below<0>(root_, 0, visit);
  }

  /// Nodes that the tree holds.
  [[nodiscard]] std::uint64_t nodes() const { return root_ == nullptr ? 0 : nodes_below<0>(root_); }

  /// Bytes of a node of a level; the root is level 0.
  template <std::size_t level>
  [[nodiscard]] static constexpr std::size_t node_bytes() {
    return sizeof(Node<level>);
  }

  /// Gives every node back; the set is empty afterwards.
  template <class Raw>
  void clear(Raw& raw) {
    if (root_ != nullptr) free_below<0>(root_, raw);
    root_ = nullptr;
  }

 private:
  /// The digits of a node that were ever used: from the lowest to before one past the highest, both 0 at
  /// first.
  struct Touched {
    std::uint32_t begin;
    std::uint32_t end;

    void add(std::uint32_t digit) {
      begin = end == 0 ? digit : std::min(begin, digit);
      end = std::max(end, digit + 1);
    }
  };
  template <std::size_t level>
  struct Node {
    using Item = std::conditional_t<level + 1 == levels, Cell, Node<level + 1>*>;
    Touched touched;
    std::array<Item, std::size_t{1} << L::radix_bits[level]> items;
  };

  [[nodiscard]] static constexpr unsigned shift(std::size_t level) {
    unsigned bits = 0;
    for (std::size_t below = level + 1; below < levels; ++below) bits += L::radix_bits[below];
    return bits;
  }
  [[nodiscard]] static constexpr bool covers_all_addresses() {
    return shift(0) + L::radix_bits[0] + arena_bits == 64;
  }

  template <std::size_t level>
  [[nodiscard]] static constexpr std::uint32_t digit(std::uintptr_t number) {
    return static_cast<std::uint32_t>((number >> shift(level)) & ((1U << L::radix_bits[level]) - 1));
  }

  template <std::size_t level>
  [[nodiscard]] static const Cell* find_below(const Node<level>* node, std::uintptr_t number) {
    if (node == nullptr) return nullptr;
    const auto& item = node->items[digit<level>(number)];
    if constexpr (level + 1 == levels) {
      return &item;
    } else {
      return find_below<level + 1>(item, number);
    }
  }

  template <class Raw>
  [[nodiscard]] Cell* obtain(std::uintptr_t number, Raw& raw) {
    static_assert(covers_all_addresses());
    return obtain_below<0>(root_, number, raw);
  }

  template <std::size_t level, class Raw>
  [[nodiscard]] static Cell* obtain_below(Node<level>*& node, std::uintptr_t number, Raw& raw) {
    if (node == nullptr) node = static_cast<Node<level>*>(raw.calloc(1, sizeof(Node<level>)));
    if (node == nullptr) return nullptr;
    const std::uint32_t index = digit<level>(number);
    node->touched.add(index);
    if constexpr (level + 1 == levels) {
      return &node->items[index];
    } else {
      return obtain_below<level + 1>(node->items[index], number, raw);
    }
  }

  template <std::size_t level, class Visit>
  [[nodiscard]] static bool visit_below(const Node<level>* node, std::uintptr_t prefix, Visit& visit) {
    for (std::uint32_t index = node->touched.begin; index < node->touched.end; ++index) {
      const auto& item = node->items[index];
      const std::uintptr_t number = (prefix << L::radix_bits[level]) | index;
      if constexpr (level + 1 == levels) {
        if (!item.empty() && !visit(number, item)) return false;
      } else {
        if (item != nullptr && !visit_below<level + 1>(item, number, visit)) return false;
      }
    }
    return true;
  }

  template <std::size_t level>
  [[nodiscard]] static std::uint64_t nodes_below(const Node<level>* node) {
    std::uint64_t count = 1;
    if constexpr (level + 1 < levels) {
      for (std::uint32_t index = node->touched.begin; index < node->touched.end; ++index) {
        if (node->items[index] != nullptr) count += nodes_below<level + 1>(node->items[index]);
      }
    }
    return count;
  }

  template <std::size_t level, class Raw>
  static void free_below(Node<level>* node, Raw& raw) {
    if constexpr (level + 1 < levels) {
      for (std::uint32_t index = node->touched.begin; index < node->touched.end; ++index) {
        if (node->items[index] != nullptr) free_below<level + 1>(node->items[index], raw);
      }
    }
    raw.free(node);
  }

  Node<0>* root_ = nullptr;
};

}  // namespace pymalloc
