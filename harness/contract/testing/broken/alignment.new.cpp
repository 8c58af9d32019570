#include "harness/contract/testing/sound.hpp"

/// operator new aligns small blocks to 8.
struct Broken : Sound {
  static void* op_new(std::size_t size, std::size_t alignment) {
    auto* const block =
        static_cast<unsigned char*>(Sound::op_new(size + 8 > size ? size + 8 : size, alignment));
    return size < 256 && alignment == 0 ? block + 8 : block;
  }
  static void op_delete(void* block) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    Sound::op_delete(address % 16 == 8 ? static_cast<unsigned char*>(block) - 8 : block);
  }
  static void op_delete_sized(void* block, std::size_t) { op_delete(block); }
};

#include "harness/contract/testing/exports.hpp"
