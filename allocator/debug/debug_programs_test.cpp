// Random programs over debug layers: correct ones, and ones with a single misuse.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <vector>

#include "allocator/debug/testing/debugged_client.hpp"
#include "allocator/debug/testing/misused_program.hpp"
#include "allocator/raw_allocator.hpp"
#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

std::vector<std::byte> random_bytes(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> bytes(count);
  for (std::byte& each : bytes) each = static_cast<std::byte>(random() & 0xFFU);
  return bytes;
}

TEST(MisusedProgram, IsAlwaysDiagnosedExactlyWhateverItsMisuse) {
  std::map<std::pair<bool, DamageKind>, int> planted;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const std::vector<std::byte> bytes = random_bytes(seed, 400);
    const MisuseOutcome outcome = MisusedProgram(bytes).run();
    ASSERT_EQ(outcome.complaint, "") << "seed " << seed;
    if (outcome.planted) ++planted[{outcome.by_registry, *outcome.planted}];
  }
  // Every kind with a registry, and every kind but one without: only a quarantine sees uses after free.
  EXPECT_EQ(planted.size(), 2 * damage_kinds - 1);
  for (const auto& [what, times] : planted) EXPECT_GE(times, 30) << to_string(what.second);
}

TEST(DebuggedClient, IsNeverAccusedInALongCorrectProgram) {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    std::vector<std::byte> bytes = random_bytes(seed, 30'000);
    bytes[0] = static_cast<std::byte>(seed);
    Decisions decisions(bytes);
    DebuggedClient client(decisions);
    while (decisions.any_left() && client.complaint.empty()) client.step();
    client.finish();
    EXPECT_EQ(client.complaint, "") << "seed " << seed;
  }
}

/// A correct program over any base, which compares nothing but what the client and the layer see.
std::string reports_of_correct_program(const AllocatorFunctions& base, const DebugOptions& with) {
  Reports reports;
  SerialCounter counter;
  DebugOptions options = with;
  options.handler = reports.handler();
  DebugLayer layer(base, Domain::object, counter, options);
  struct Slot {
    std::byte* data = nullptr;
    std::size_t size = 0;
  };
  std::array<Slot, 64> slots;
  const std::vector<std::byte> bytes = random_bytes(1, 60'000);
  Decisions decisions(bytes);
  while (decisions.any_left()) {
    Slot& slot = slots.at(decisions.below(slots.size()));
    const std::size_t size = decisions.below(4) == 0 ? decisions.below(3000) : decisions.below(200);
    EXPECT_TRUE(Debugged::still_written(slot.data, slot.size));
    if (decisions.below(2) == 0) {
      layer.free(slot.data);
      slot.data = static_cast<std::byte*>(layer.malloc(size));
    } else {
      slot.data = static_cast<std::byte*>(layer.realloc(slot.data, size));
      EXPECT_TRUE(Debugged::still_written(slot.data, std::min(size, slot.size)));
    }
    slot.size = size;
    Debugged::written(slot.data, size);
  }
  layer.check();
  for (const Slot& slot : slots) layer.free(slot.data);
  layer.flush();
  return reports.text();
}

const std::array<DebugOptions, 4> all_ways = {DebugOptions{.serials = true, .registry = false},
                                              DebugOptions{.registry = false}, DebugOptions{.serials = true},
                                              DebugOptions{.serials = true, .quarantine_bytes = 10'000}};

TEST(DebugLayer, AccusesNoCorrectProgramOverTheCLibrary) {
  LibcRaw libc;
  for (const DebugOptions& way : all_ways) EXPECT_EQ(reports_of_correct_program(functions_of(libc), way), "");
}

template <class L>
class DebugLayerOver : public ::testing::Test {};
TYPED_TEST_SUITE(DebugLayerOver, AllLayouts, LayoutNames);

TYPED_TEST(DebugLayerOver, AHeapAccusesNoCorrectProgramAndLeavesTheHeapSound) {
  for (const DebugOptions& way : all_ways) {
    TestHeap<TypeParam> t;
    EXPECT_EQ(reports_of_correct_program(functions_of(t.heap), way), "");
    EXPECT_EQ(t.violation(), "");
    EXPECT_EQ(t.state().totals.blocks, 0U);
    EXPECT_EQ(t.raw.wrong_frees(), 0U);
  }
}

}  // namespace
}  // namespace pymalloc
