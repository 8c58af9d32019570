#include "harness/subjects/system_hooks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "allocator/region.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;
using testing::StartsWith;

[[nodiscard]] std::string said(const std::optional<Violation>& violation) {
  return violation ? to_string(*violation) : "";
}

class Hooked : public testing::Test {
 protected:
  Hooked() { hooks_.begin(system_); }

  /// A malloc of the domain Mem, where the hooks expect `call`.
  void allocate(const DomainCall& call) {
    hooks_.expect(call);
    void* const block = system_.malloc(Domain::mem, 10);
    hooks_.settle();
    hooks_.expect({DomainCall::Function::free, Domain::mem, block, 0, 0});
    system_.free(Domain::mem, block);
    hooks_.settle();
  }

  MemorySystem system_;
  DomainHooks hooks_;
  const DomainCall call_{DomainCall::Function::malloc, Domain::mem, nullptr, 0, 10};
};

TEST_F(Hooked, AreCalledOnceInEveryPairing) {
  for (unsigned pairing = 0; pairing < 32; ++pairing) {
    hooks_.set(Domain::mem,
               {pairing / 16, {pairing & 1U, pairing >> 1U & 1U, pairing >> 2U & 1U, pairing >> 3U & 1U}});
    allocate(call_);
  }
  hooks_.set(Domain::mem, {});
  allocate(call_);
  EXPECT_EQ(said(hooks_.complaint()), "");
}

TEST_F(Hooked, ComplainWhereTheCallPassesThemBy) {
  hooks_.set(Domain::mem, {0U, {}});
  hooks_.expect({DomainCall::Function::malloc, Domain::mem, nullptr, 0, 10});
  hooks_.settle();
  EXPECT_THAT(said(hooks_.complaint()), StartsWith("domains.allocator-called"));
}

TEST_F(Hooked, ComplainAboutOtherArguments) {
  hooks_.set(Domain::mem, {0U, {}});
  allocate({DomainCall::Function::malloc, Domain::mem, nullptr, 0, 11});
  EXPECT_THAT(said(hooks_.complaint()), StartsWith("domains.arguments"));
}

TEST_F(Hooked, ComplainAboutAnotherContextAndAnotherFunction) {
  hooks_.set(Domain::mem, {0U, {}});
  AllocatorFunctions mixed = system_.allocator(Domain::mem);
  hooks_.set(Domain::mem, {1U, {}});
  mixed.context = system_.allocator(Domain::mem).context;
  hooks_.set(Domain::mem, {0U, {}});
  system_.set_allocator(Domain::mem, mixed);
  allocate(call_);
  EXPECT_THAT(said(hooks_.complaint()), StartsWith("domains.allocator-called"));
}

TEST_F(Hooked, ComplainWhereAnotherAllocatorIsToldThanWasSet) {
  hooks_.set(Domain::raw, {0U, {}});
  system_.set_allocator(Domain::raw, system_.allocator(Domain::object));
  hooks_.set(Domain::mem, {1U, {}});
  EXPECT_THAT(said(hooks_.complaint()), StartsWith("domains.get-set"));
}

TEST(HookedArenas, ComplainAboutTheSourceOfBefore) {
  Region region(3);
  RegionArenaSource source(region, Modern::arena_size, Modern::pool_size);
  ArenaHooks hooks(source);
  Foundation foundation;
  foundation.arenas = hooks.begin();
  MemorySystem system({}, foundation);
  hooks.set(system, {1, 1, 0});
  void* const arena = system.arena_source().allocate(system.arena_source().context, Modern::arena_size);
  EXPECT_EQ(said(hooks.complaint()), "");
  EXPECT_EQ(hooks.live().size(), 1U);
  foundation.arenas.release(foundation.arenas.context, arena, Modern::arena_size);
  EXPECT_THAT(said(hooks.complaint()), StartsWith("domains.arena-source"));
  EXPECT_EQ(hooks.most(), 1U);
}

}  // namespace
}  // namespace poolhammer
