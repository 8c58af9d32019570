#include "harness/trace/surroundings.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "harness/trace/generate.hpp"
#include "harness/trace/mutate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t surroundings_drawn = 300;
constexpr std::size_t program_length = 200;

[[nodiscard]] Trace surrounded(std::uint64_t seed, bool own_process = true) {
  Breadth breadth = full_breadth();
  breadth.own_process = own_process;
  return generate(seed, {.operations = program_length, .commands = false, .breadth = breadth});
}

/// Walks a program and tells where a child begins and ends.
template <class Visit>
void visit(const Trace& trace, Visit&& each) {
  std::set<std::uint8_t> living;
  bool in_child = false;
  for (const Operation& operation : trace.operations) {
    each(operation, in_child, living);
    if (operation.kind == OperationKind::fork) in_child = true;
    if (operation.kind == OperationKind::child_ends) in_child = false;
    if (in_child) continue;
    if (operation.kind == OperationKind::end_thread)
      living.erase(operation.thread);
    else if (operation.has_thread() && operation.thread != 0)
      living.insert(operation.thread);
  }
}

TEST(Surroundings, AreOfEveryKindNowAndThen) {
  std::map<Context, std::uint64_t> in_program;
  std::map<Context, std::uint64_t> in_children;
  std::uint64_t by_threads_of_children = 0;
  for (std::uint64_t seed = 0; seed < surroundings_drawn; ++seed) {
    visit(surrounded(seed), [&](const Operation& operation, bool in_child, const auto&) {
      if (!is_function(operation.kind)) return;
      ++(in_child ? in_children : in_program)[operation.context];
      by_threads_of_children += in_child && operation.thread != 0 ? 1 : 0;
    });
  }
  for (const Context context :
       {Context::program, Context::signal_handler, Context::alternate_stack, Context::destructor}) {
    EXPECT_GT(in_program[context], 0U);
    EXPECT_GT(in_children[context], 0U);
  }
  EXPECT_GT(in_program[Context::program], in_program[Context::signal_handler]);
  EXPECT_GT(by_threads_of_children, 0U);
}

TEST(Surroundings, AProcessForksWhenItHasOneThreadAndItsChildrenForkNone) {
  std::uint64_t forks = 0;
  for (std::uint64_t seed = 0; seed < surroundings_drawn; ++seed) {
    const Trace trace = surrounded(seed);
    ASSERT_LE(trace.operations.size(), program_length);
    visit(trace, [&](const Operation& operation, bool in_child, const auto& living) {
      if (operation.kind != OperationKind::fork) return;
      ++forks;
      ASSERT_FALSE(in_child);
      ASSERT_TRUE(living.empty()) << to_text(trace);
    });
  }
  EXPECT_GT(forks, 0U);
}

TEST(Surroundings, NoOperatorOfCxxIsCalledFromAHandler) {
  for (std::uint64_t seed = 0; seed < surroundings_drawn; ++seed) {
    for (const Operation& operation : surrounded(seed).operations)
      ASSERT_EQ(operation, canonical(operation)) << to_text(operation);
  }
}

TEST(Surroundings, LeaveTheStepsOfAProgramWithoutChildrenAsTheyAre) {
  std::uint64_t compared = 0;
  for (std::uint64_t seed = 0; seed < surroundings_drawn; ++seed) {
    Trace trace = surrounded(seed);
    bool forks = false;
    for (Operation& operation : trace.operations) {
      operation.context = Context::program;
      forks = forks || operation.kind == OperationKind::fork;
    }
    if (forks) continue;
    EXPECT_EQ(trace, surrounded(seed, false)) << seed;
    ++compared;
  }
  EXPECT_GT(compared, 0U);
}

TEST(Surroundings, AMutationGivesAProgramHandlersAndAChildWhereTheAllocatorHasAProcess) {
  for (const bool own_process : {false, true}) {
    Breadth breadth = full_breadth();
    breadth.own_process = own_process;
    Random random(3);
    Trace trace = generate(1, {.operations = program_length, .commands = false});
    std::uint64_t forks = 0;
    std::uint64_t handled = 0;
    for (int i = 0; i < 3000; ++i) {
      mutate(trace, random, program_length, breadth);
      ASSERT_LE(trace.operations.size(), program_length);
      for (const Operation& operation : trace.operations) {
        forks += operation.kind == OperationKind::fork ? 1 : 0;
        handled += operation.context != Context::program ? 1 : 0;
      }
    }
    EXPECT_EQ(forks > 0, own_process);
    EXPECT_EQ(handled > 0, own_process);
  }
}

}  // namespace
}  // namespace poolhammer
