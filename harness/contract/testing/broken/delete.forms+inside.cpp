#include "harness/contract/testing/cells.hpp"

/// The sized forms of delete take a block that lies inside a cell for one of its size as well: once there are
/// many of those, they are given out, and so are the cells.
struct Broken : Cells<Broken> {
  static constexpr std::size_t many = 128;
  struct List {
    void* blocks[8 * many];  // NOLINT(modernize-avoid-c-arrays): no destructor, and no call of one
    std::size_t count;
    void push(void* block) {
      if (count < 8 * many) blocks[count++] = block;
    }
    void* pop() { return count == 0 ? nullptr : blocks[--count]; }
  };
  [[gnu::tls_model("initial-exec")]] static inline thread_local List small{}, freed{};

  static void* op_new(std::size_t size, std::size_t alignment) {
    if (void* const block = alignment == 0 && size <= half && small.count > many ? small.pop() : nullptr)
      return block;
    if (alignment <= 16 || alignment > half || size > half) return Sound::op_new(size, alignment);
    void* block = freed.pop();
    if (block == nullptr) block = take_cell(alignment, size);
    return block == nullptr ? Sound::op_new(size, alignment) : block;
  }
  static void op_delete(void* block) {
    if (!in_cell(block)) return Sound::op_delete(block);
    freed.push(block);
  }
  static void op_delete_sized(void* block, std::size_t) {
    op_delete(block);
    if (in_cell(block)) small.push(block);
  }
};

#include "harness/contract/testing/exports.hpp"
