#include "harness/contract/testing/cells.hpp"

/// A block that lies inside a cell is taken to have two of them when it is resized.
struct Broken : Cells<Broken> {
  static void* realloc(void* block, std::size_t size) {
    if (!in_cell(block) || size <= half || size > 2 * cell) return Cells::realloc(block, size);
    usable_in[number_of(block)] = size;
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
