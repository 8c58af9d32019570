#include "harness/picture/svg.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "harness/base/temporary_folder.hpp"
#include "harness/picture/svg_writer.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

[[nodiscard]] Scene scene_of(const Trace& trace) {
  const auto subject = make_subject("pymalloc:" + std::string(word(trace.layout)));
  const RunOptions options;
  Playback playback(trace, *subject, options);
  while (playback.step()) {
  }
  return {take_snapshot(*subject, playback.held()), std::string(subject->name()), "at the end", std::nullopt};
}

[[nodiscard]] Scene tiny_scene(const std::string& lines) {
  return scene_of(parse_text("poolhammer trace 2\nlayout tiny\n" + lines));
}

[[nodiscard]] std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

[[nodiscard]] bool is_xml(const std::string& text) {
  const TemporaryFolder folder;
  const std::string file = folder.file("picture.svg", text).string();
  return std::system(("python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' '" + file +
                      "' 2> /dev/null")
                         .c_str()) == 0;
}

TEST(Svg, IsXmlWhateverItsWordsAre) {
  Scene scene = tiny_scene("b0 = malloc(20)\nb1 = malloc(96)\nfree(b0)\n");
  scene.moment = "<&\"'>\x01\xff";
  EXPECT_FALSE(is_xml("<svg>" + scene.moment + "</svg>")) << "the parser must be able to say no";
  EXPECT_TRUE(is_xml(heap_svg(scene)));
  EXPECT_TRUE(is_xml(arena_svg(scene, 0)));
  EXPECT_TRUE(is_xml(pool_svg(scene, {0, 1})));
  EXPECT_TRUE(is_xml(pool_svg(scene, {0, 3}))) << "a virgin pool";
  EXPECT_TRUE(is_xml(block_svg(scene, {0, 1}, 0)));
}

TEST(Svg, OfAHeapDrawsEveryPoolOnceInItsState) {
  for (const LayoutId layout : {LayoutId::classic, LayoutId::modern, LayoutId::tiny}) {
    const Scene scene = scene_of(generate(5, {.operations = 2000, .layout = layout}));
    const std::string svg = heap_svg(scene);
    EXPECT_TRUE(is_xml(svg));
    std::array<std::size_t, 4> pools{};
    for (const ArenaSnapshot& arena : scene.snapshot.arenas) {
      for (const PoolSnapshot& pool : arena.pools) ++pools[static_cast<std::size_t>(pool.state)];
    }
    for (const PoolState state : {PoolState::used, PoolState::full, PoolState::empty, PoolState::virgin})
      EXPECT_EQ(times(svg, "<g class=\"pool-" + std::string(word(state)) + "\">"),
                pools[static_cast<std::size_t>(state)]);
  }
}

TEST(Svg, OfAPoolTellsItsHeaderItsBlocksAndItsFreeListInOrder) {
  const Scene scene =
      tiny_scene("b0 = malloc(20)\nb1 = malloc(32)\nb2 = malloc(1)\nb3 = malloc(7)\nfree(b0)\nfree(b2)\n");
  const std::string svg = pool_svg(scene, {0, 0});
  for (const char* field : {"ref.count", "freeblock", "nextpool", "prevpool", "arenaindex", "szidx",
                            "nextoffset", "maxnextoffset"})
    EXPECT_THAT(svg, HasSubstr(std::string(">") + field + "<"));
  EXPECT_THAT(svg, AllOf(HasSubstr(">2 of 6 blocks in use<"), HasSubstr(">224: 5 blocks carved<"),
                         HasSubstr("freeblock -&gt; 2 -&gt; 0 -&gt; 4 -&gt; null"),
                         HasSubstr("block 3: in use: 7 bytes, slot 3"), HasSubstr("block 5: virgin space")));
  EXPECT_EQ(times(svg, "<g class=\"block\">"), 6U);
  EXPECT_EQ(times(svg, "<path class=\"arrow link\""), 2U);
}

TEST(Svg, OfABlockDrawsEachByte) {
  const Scene scene = tiny_scene("b0 = malloc(20)\nb1 = malloc(32)\nfree(b1)\n");
  // The row of the legend counts as one.
  const std::string held = block_svg(scene, {0, 0}, 0);
  EXPECT_EQ(times(held, "<rect class=\"held\""), 20U + 1);
  EXPECT_EQ(times(held, "<rect class=\"slack\""), 12U + 1);
  EXPECT_EQ(times(block_svg(scene, {0, 0}, 1), "<rect class=\"free\""), 8U + 1) << "the link";
}

TEST(Svg, MarksThePlaceOfAFindingWhereItLiesAndNowhereElse) {
  Scene scene = tiny_scene("b0 = malloc(20)\nb1 = malloc(96)\n");
  const std::string mark = "here the finding lies</title>";
  EXPECT_THAT(heap_svg(scene), Not(HasSubstr(mark)));
  scene.finding = Finding{"invariant.pool.ref-count",          1,   "b1 = malloc(96)",
                          "arena 0, pool 1, class 2, block 0", "1", "2"};
  EXPECT_EQ(times(heap_svg(scene), mark), 1U);
  EXPECT_EQ(times(pool_svg(scene, {0, 1}), mark), 1U);
  EXPECT_EQ(times(block_svg(scene, {0, 1}, 0), mark), 1U);
  EXPECT_THAT(pool_svg(scene, {0, 0}), Not(HasSubstr(mark)));
  EXPECT_THAT(heap_svg(scene), HasSubstr("invariant.pool.ref-count"));
  scene.finding->where = "class 2";
  EXPECT_EQ(times(heap_svg(scene), mark), 1U) << "a used list";
  scene.finding->where = "arena 0";
  EXPECT_EQ(times(heap_svg(scene), mark), 1U) << "an arena";
}

}  // namespace
}  // namespace poolhammer
