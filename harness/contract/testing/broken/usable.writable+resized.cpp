#include "harness/contract/testing/cells.hpp"

/// The usable size of a block that was resized inside its cell counts what does not belong to it, too.
struct Broken : Cells<Broken> {
  static void* realloc(void* block, std::size_t size) {
    void* const moved = Cells::realloc(block, size);
    if (in_cell(moved)) usable_in[number_of(moved)] = 2 * cell;
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
