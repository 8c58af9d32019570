#include "harness/subjects/c_arena.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/run/runner.hpp"
#include "harness/subjects/adapt.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

// A C library's arena, which counts what it gives.
struct Arena {
  std::size_t bytes;
};
int arenas = 0;
bool refuses_arenas = false;

Arena* arena_create() {
  if (refuses_arenas) return nullptr;
  ++arenas;
  return new Arena{0};
}
void arena_destroy(Arena* arena) {
  --arenas;
  delete arena;
}
void* arena_alloc(Arena* arena, std::size_t size) {
  if (size > PTRDIFF_MAX) return nullptr;
  arena->bytes += size;
  return std::malloc(size);
}
void arena_free(Arena* arena, void* block, std::size_t size) {
  arena->bytes -= size;
  std::free(block);
}

struct Counted : CArena<&arena_create, &arena_destroy, &arena_alloc, &arena_free> {
  [[nodiscard]] std::size_t bytes_in_use() const { return arena()->bytes; }
};
static_assert(AllocatorUnderTest<Counted>);

TEST(CArena, IsAnAllocatorUnderTestWhoseArenaEndsWithIt) {
  {
    AdaptedSubject<Counted> subject("arena", [](void* place) { return new (place) Counted(); });
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const Trace trace = generate(seed, {.operations = 200, .layout = LayoutId::classic});
      RunOptions options;
      options.memory_limit = 1U << 20U;
      const auto finding = run(trace, subject, options).finding;
      ASSERT_FALSE(finding) << to_string(*finding);
      ASSERT_EQ(arenas, 0);
    }
  }
  EXPECT_EQ(arenas, 0);
}

TEST(CArena, ThatCannotBeCreatedIsSaid) {
  refuses_arenas = true;
  EXPECT_THROW(Counted(), std::runtime_error);
  refuses_arenas = false;
}

}  // namespace
}  // namespace poolhammer
