#include "allocator/api/memory_resource.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <vector>

namespace pymalloc {
namespace {

TEST(DomainResource, ServesTheContainersOfTheStandardLibrary) {
  if (!with_pools) GTEST_SKIP() << "a build without pools";
  const MemorySystem system;
  DomainResource resource(system, Domain::object);
  {
    std::pmr::map<int, std::pmr::string> map(&resource);
    for (int i = 0; i < 1000; ++i) map.emplace(i, std::string(static_cast<std::size_t>(i), 'x'));
    EXPECT_GT(system.statistics().bytes.in_use, 1000U * 16);
    EXPECT_EQ(map.at(999).size(), 999U);
  }
  EXPECT_EQ(system.statistics().bytes.in_use, 0U);
}

TEST(DomainResource, AlignsAsItIsAsked) {
  const MemorySystem system;
  DomainResource resource(system, Domain::mem);
  for (std::size_t alignment = 1; alignment <= 8192; alignment *= 2) {
    for (const std::size_t bytes : {0U, 1U, 100U, 600U, 10'000U}) {
      void* const block = resource.allocate(bytes, alignment);
      EXPECT_EQ(std::bit_cast<std::uintptr_t>(block) % alignment, 0U) << bytes << " at " << alignment;
      std::memset(block, 1, bytes);
      resource.deallocate(block, bytes, alignment);
    }
  }
  EXPECT_EQ(system.statistics().bytes.in_use, 0U);
}

TEST(DomainResource, GivesNoBytesAnAddressInsideABlock) {
  struct Counting {
    AllocatorFunctions base;
    std::size_t asked = 0;
  };
  MemorySystem system;
  Counting counting{system.allocator(Domain::mem)};
  AllocatorFunctions wrapper = libc_functions();
  wrapper.context = &counting;
  wrapper.malloc = [](void* context, std::size_t size) {
    auto& self = *static_cast<Counting*>(context);
    self.asked = size;
    return self.base.malloc(self.base.context, size);
  };
  wrapper.free = [](void* context, void* block) {
    const AllocatorFunctions& base = static_cast<Counting*>(context)->base;
    base.free(base.context, block);
  };
  system.set_allocator(Domain::mem, wrapper);
  DomainResource resource(system, Domain::mem);
  void* const block = resource.allocate(0, 4096);
  EXPECT_GT(counting.asked, 4096U) << "the aligned address may lie 4096 bytes inside the block";
  resource.deallocate(block, 0, 4096);
}

TEST(DomainResource, ThrowsWhereNoBlockCanBeHad) {
  const MemorySystem system;
  DomainResource resource(system, Domain::mem);
  const volatile std::size_t all = SIZE_MAX;
  EXPECT_THROW((void)resource.allocate(all, 16), std::bad_alloc);
  EXPECT_THROW((void)resource.allocate(all, 64), std::bad_alloc);
  EXPECT_THROW((void)resource.allocate(all / 2, 64), std::bad_alloc);
}

TEST(DomainResource, IsEqualToAnotherOfItsDomainAlone) {
  const MemorySystem system;
  const MemorySystem other;
  const DomainResource resource(system, Domain::mem);
  EXPECT_EQ(resource, DomainResource(system, Domain::mem));
  EXPECT_NE(resource, DomainResource(system, Domain::object));
  EXPECT_NE(resource, DomainResource(other, Domain::mem));
  EXPECT_NE(resource, *std::pmr::new_delete_resource());
}

}  // namespace
}  // namespace pymalloc
