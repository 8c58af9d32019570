#include "harness/subjects/static_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <stdexcept>
#include <string>

#include "allocator/poison.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/adapt.hpp"
#include "harness/trace/generate.hpp"

extern "C" {
#include "docs/examples/static_heap.h"
}

namespace poolhammer {
namespace {

using testing::Each;
using testing::HasSubstr;

struct StaticHeap {
  void* allocate(std::size_t size) { return heap_take(size); }
  void deallocate(void* block) { heap_give(block); }
};

constexpr const char* library = "libstatic_heap_of_tests.so";

[[nodiscard]] AdaptedSubject<StaticHeap> static_heap() {
  return {"static", [](void* place) { return new (place) StaticHeap; }, library};
}

/// Memory without a file, as most of a large static array is.
class Mapped {
 public:
  explicit Mapped(std::size_t size)
      : memory_(static_cast<std::byte*>(
                    mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
                size) {}
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped() { munmap(memory_.data(), memory_.size()); }

  [[nodiscard]] std::span<std::byte> memory() const { return memory_; }
  [[nodiscard]] std::size_t resident_pages() const {
    std::vector<unsigned char> pages(memory_.size() / 4096);
    EXPECT_EQ(mincore(memory_.data(), memory_.size(), pages.data()), 0);
    return static_cast<std::size_t>(
        std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1U) != 0; }));
  }

 private:
  std::span<std::byte> memory_;
};

TEST(PutBack, RestoresEveryByteThatChanged) {
  const Mapped mapped(std::size_t{4} << 20U);
  const std::span<std::byte> all = mapped.memory();
  for (const std::size_t at : {std::size_t{5000}, all.size() / 2, all.size() - 1}) all[at] = std::byte{7};
  const std::vector<std::byte> before(all.begin(), all.end());
  // What begins and ends inside of pages is part of it, too.
  const PutBack put_back(all.subspan(3, all.size() - 4), all);
  std::memset(all.data() + 3, 0x5A, all.size() - 4);
  put_back.put_back();
  EXPECT_EQ(std::memcmp(all.data(), before.data(), all.size()), 0);
}

TEST(PutBack, LeavesTheBytesBeside) {
  const Mapped mapped(std::size_t{2} << 20U);
  const std::span<std::byte> all = mapped.memory();
  const PutBack put_back(all.subspan(100, all.size() - 200), all);
  std::memset(all.data(), 0x5A, all.size());
  put_back.put_back();
  EXPECT_THAT(all.first(100), Each(std::byte{0x5A}));
  EXPECT_THAT(all.last(100), Each(std::byte{0x5A}));
  EXPECT_EQ(all[100], std::byte{});
}

TEST(PutBack, GivesZeroPagesBackInsteadOfWritingThem) {
  const Mapped mapped(std::size_t{4} << 20U);
  const PutBack put_back(mapped.memory(), mapped.memory());
  mapped.memory()[0] = std::byte{1};
  put_back.put_back();
  EXPECT_EQ(mapped.resident_pages(), 0U);
}

TEST(PutBack, NarrowedByWhatItLearntRestoresThat) {
  const Mapped mapped(std::size_t{64} << 10U);
  PutBack put_back(mapped.memory());
  mapped.memory()[9000] = std::byte{1};
  put_back.learn();
  mapped.memory()[9001] = std::byte{2};
  mapped.memory()[40000] = std::byte{3};
  put_back.put_back();
  EXPECT_EQ(mapped.memory()[9000], std::byte{});
  EXPECT_EQ(mapped.memory()[9001], std::byte{});
  EXPECT_EQ(mapped.memory()[40000], std::byte{3}) << "it did not change when that was learnt";
}

/// Where the blocks of a program lie: of each step the address that the allocator gave.
[[nodiscard]] std::vector<void*> addresses_of(Subject& subject) {
  subject.reset();
  std::vector<void*> blocks;
  for (std::size_t size = 1; size < 3000; size += 70) blocks.push_back(subject.malloc(size));
  for (std::size_t i = 0; i < blocks.size(); i += 3) subject.free(blocks[i]);
  blocks.push_back(subject.malloc(100));
  return blocks;
}

TEST(StaticState, OfALibraryIsAsNewInEachRun) {
  AdaptedSubject<StaticHeap> subject = static_heap();
  const std::vector<void*> first = addresses_of(subject);
  EXPECT_EQ(addresses_of(subject), first) << "blocks of the first run are live still";
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Verdict verdict = run(generate(seed, {.operations = 300, .layout = LayoutId::classic}), subject);
    EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  }
  EXPECT_EQ(addresses_of(subject), first);
  AdaptedSubject<StaticHeap> another = static_heap();
  EXPECT_EQ(addresses_of(another), first)
      << "a subject that is made later begins with the state of the first";
}

TEST(StaticState, WithoutItsNameIsWhatTheLastRunLeft) {
  AdaptedSubject<StaticHeap> subject("static", [](void* place) { return new (place) StaticHeap; });
  const std::vector<void*> first = addresses_of(subject);
  EXPECT_NE(addresses_of(subject), first);
  static_cast<void>(static_heap());  // the other tests' begin as new
}

TEST(StaticState, AllowsAgainWhatARunHasForbidden) {
  if (!pymalloc::poisons) GTEST_SKIP() << "nothing is forbidden without AddressSanitizer";
  AdaptedSubject<StaticHeap> subject = static_heap();
  void* const block = subject.malloc(64);
  pymalloc::poison(block, 64);
  subject.reset();
  EXPECT_EQ(subject.malloc(64), block);
  std::memset(block, 1, 64);
}

TEST(StaticState, NamesTheLibraryThatIsNotLoaded) {
  try {
    const StaticState state("libnobody.so");
    FAIL() << "expected an exception";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("libnobody.so"));
  }
}

const Adapted<StaticHeap> registration("test:static", "first fit in static memory", __FILE__, "", library);

TEST(StaticState, IsOneToAProcess) {
  EXPECT_NE(make_subject("test:static"), nullptr);
  try {
    static_cast<void>(make_subject("test:static", 1));
    FAIL() << "expected an exception";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("test:static: its state lies in variables"));
  }
}

}  // namespace
}  // namespace poolhammer
