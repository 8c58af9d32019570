#include "harness/trace/with_threads.hpp"

#include <gtest/gtest.h>

#include <set>

#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

TEST(WithThreads, DealsEveryThreadSomeStepsAndTheSameWithTheSameSeed) {
  const Trace trace = generate(1, {.operations = 500, .layout = LayoutId::classic});
  const Trace dealt = with_threads(trace, 4, 7);
  std::set<unsigned> threads;
  ASSERT_EQ(dealt.operations.size(), trace.operations.size());
  for (std::size_t i = 0; i < trace.operations.size(); ++i) {
    threads.insert(dealt.operations[i].thread);
    EXPECT_EQ(on_thread(0, dealt.operations[i]), trace.operations[i]) << "nothing else changes";
  }
  EXPECT_EQ(threads, (std::set<unsigned>{0, 1, 2, 3}));
  EXPECT_EQ(with_threads(trace, 4, 7), dealt);
  EXPECT_NE(with_threads(trace, 4, 8), dealt);
}

TEST(WithThreads, LeavesAProgramThatNamesThreadsAlone) {
  const Trace trace{LayoutId::classic,
                    {{OperationKind::malloc, 0, 0, 8}, on_thread(3, {OperationKind::free, 0})}};
  EXPECT_EQ(with_threads(trace, 4, 7), trace);
  const Trace plain{LayoutId::classic, {{OperationKind::malloc, 0, 0, 8}}};
  EXPECT_EQ(with_threads(plain, 1, 7), plain);
}

}  // namespace
}  // namespace poolhammer
