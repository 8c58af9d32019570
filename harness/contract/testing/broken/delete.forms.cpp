#include "harness/contract/testing/sound.hpp"

/// The sized forms of delete write into the block that was given last.
struct Broken : Sound {
  static inline thread_local unsigned char* last = nullptr;
  static void* op_new(std::size_t size, std::size_t alignment) {
    last = static_cast<unsigned char*>(Sound::op_new(size, alignment));
    return last;
  }
  static void op_delete(void* block) {
    if (block == last) last = nullptr;
    Sound::op_delete(block);
  }
  static void op_delete_sized(void* block, std::size_t) {
    op_delete(block);
    if (block != nullptr && last != nullptr) last[0] = 0xee;
  }
};

#include "harness/contract/testing/exports.hpp"
