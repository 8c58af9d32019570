// Texts of helpers that write into blocks and look at them.
#include "harness/c_program/helper_texts.hpp"

namespace poolhammer::c::texts {

const std::string_view after =
    R"(/* Of a block over 16 MiB its ends are touched, and pages around some places between. */
static size_t after(size_t i, size_t bytes) {
  size_t stride = (size_t)1 << 22, last = bytes - 65536, rest;
  ++i;
  if (bytes <= (size_t)1 << 24 || i < 65536 || i >= last) return i;
  while (stride <= bytes / 8) stride *= 2;
  rest = i % stride;
  if (rest >= 4096 && stride - rest > 4096) i += stride - rest - 4096;
  return i < last ? i : last;
}
)";

const std::string_view fill = R"(static void fill(void *block, size_t bytes, unsigned seed) {
  for (size_t i = 0; block != NULL && i < bytes; i = after(i, bytes))
    ((unsigned char *)block)[i] = (unsigned char)(seed * 29 + i * 131 + (i >> 8) * 7 + 1);
}
)";

const std::string_view first_wrong =
    R"(/* Where the first byte lies that fill did not write; bytes where there is none. */
static size_t first_wrong(const void *block, size_t bytes, unsigned seed) {
  size_t i = block == NULL ? bytes : 0;
  while (i < bytes && ((const unsigned char *)block)[i] ==
                          (unsigned char)(seed * 29 + i * 131 + (i >> 8) * 7 + 1))
    i = after(i, bytes);
  return i;
}
)";

const std::string_view first_nonzero =
    R"(/* Where the first byte lies that is not 0; bytes where there is none. */
static size_t first_nonzero(const void *block, size_t bytes) {
  size_t i = block == NULL ? bytes : 0;
  while (i < bytes && ((const unsigned char *)block)[i] == 0) i = after(i, bytes);
  return i;
}
)";

const std::string_view overlap =
    R"(/* Whether two blocks share a byte; one of no bytes has its address. */
static int overlap(const void *one, size_t one_bytes, const void *other, size_t other_bytes) {
  uintptr_t a = (uintptr_t)one, b = (uintptr_t)other;
  if (one == NULL || other == NULL) return 0;
  return a < b + (other_bytes ? other_bytes : 1) && b < a + (one_bytes ? one_bytes : 1);
}
)";

const std::string_view known = R"(/* What is known of the block of each slot. */
static struct {
  void *block;
  size_t size, written;
  unsigned seed;
} known[slots];
)";

const std::string_view intact = R"(static void intact(size_t slot) {
  size_t wrong = first_wrong(known[slot].block, known[slot].written, known[slot].seed);
  if (wrong >= known[slot].written) return;
  dprintf(1, "%s: promised that b%zu holds what was written into it, happened: byte %zu of %zu is 0x%02x\n",
          clause, slot, wrong, known[slot].written, ((unsigned char *)known[slot].block)[wrong]);
  _exit(1);
}
)";

const std::string_view intact_all = R"(static void intact_all(void) {
  for (size_t slot = 0; slot < slots; ++slot) intact(slot);
}
)";

const std::string_view fill_anew =
    R"(static void fill_anew(size_t slot, size_t bytes) {
  static unsigned fills;
  known[slot].written = bytes < known[slot].size ? known[slot].size : bytes;
  known[slot].seed = ++fills;
  fill(known[slot].block, known[slot].written, known[slot].seed);
}
)";

const std::string_view given =
    R"(/* A new block is aligned and shares no byte with another; then it is filled. */
static void given(size_t slot, void *block, size_t size, size_t alignment) {
  if (block == NULL) return;
  if ((uintptr_t)block % alignment != 0) {
    dprintf(1, "%s: promised a multiple of %zu, happened: b%zu is at %p\n", clause, alignment, slot, block);
    _exit(1);
  }
  for (size_t other = 0; other < slots; ++other) {
    if (other == slot || !overlap(block, size, known[other].block, known[other].size)) continue;
    dprintf(1, "%s: promised a block of its own, happened: b%zu shares bytes with b%zu\n", clause, slot,
            other);
    _exit(1);
  }
  known[slot].block = block;
  known[slot].size = size;
  fill_anew(slot, size);
}
)";

const std::string_view given_zero =
    R"(static void given_zero(size_t slot, void *block, size_t size, size_t alignment) {
  size_t dirty = first_nonzero(block, size);
  if (dirty < size) {
    dprintf(1, "%s: promised zeros, happened: byte %zu of b%zu is 0x%02x\n", clause, dirty, slot,
            ((unsigned char *)block)[dirty]);
    _exit(1);
  }
  given(slot, block, size, alignment);
}
)";

const std::string_view resized = R"(/* Where the slot's block lies now; either way it holds what it held. */
static void *resized(size_t slot, void *block, size_t size, size_t alignment) {
  if (block != NULL) known[slot].block = block;
  if (block != NULL && known[slot].written > size) known[slot].written = size;
  intact(slot);
  given(slot, block, size, alignment);
  return known[slot].block;
}
)";

const std::string_view leave = R"(/* The slot's block is about to be freed. */
static void leave(size_t slot) {
  intact(slot);
  known[slot].block = NULL;
  known[slot].written = 0;
}
)";

const std::string_view refused = R"(static void refused(void *block) {
  if (block == NULL) return;
  dprintf(1, "%s: promised no block, happened: a block at %p\n", clause, block);
  _exit(1);
}
)";

}  // namespace poolhammer::c::texts
