"""The parts of ci/coverage: what llvm-cov's text says, how explanations are matched, when the target is missed."""

import importlib.machinery
import importlib.util
import json
import pathlib
import sys
import unittest

import coverage_explained
import coverage_gaps

ROOT = pathlib.Path(__file__).resolve().parent.parent

# As llvm-cov 14 writes it: a template with two instantiations, whose branches come one after the other.
TEXT = """/src/allocator/list.hpp:
    1|       |template <class T>
    2|      9|bool List<T>::put(int size) {
    3|      9|  if (full_ || size == 0) {
  ------------------
  |  Branch (3:7): [True: 0, False: 9]
  |  Branch (3:16): [True: 0, False: 4]
  |  Branch (3:16): [True: 2.51k, False: 0]
  |  Branch (3:16): [Folded - Ignored]
  ------------------
    4|      0|    return false;
    5|      9|  }
    6|  1.20M|  return true;
    7|      9|}
    8|      0|bool drop() {
    9|      0|  if (full_) return false;
  ------------------
  |  Branch (9:7): [True: 0, False: 0]
  ------------------
   10|      0|  return false;
   11|      0|}

/src/allocator/arena.cpp:
    1|      4|int f(int child) {
    2|      4|  return child == 0
  ------------------
  |  Branch (2:10): [True: 5, False: 18.4E]
  ------------------
    3|      0|      ? 1
    4|      4|      : 2;
    5|      4|}

/src/harness/run/runner.cpp:
    1|      3|void run() {}
"""


def script():
    """ci/coverage as a module."""
    loader = importlib.machinery.SourceFileLoader("coverage_script", str(ROOT / "ci" / "coverage"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("coverage_script", loader))
    loader.exec_module(module)
    return module


def gaps():
    return coverage_gaps.gaps(coverage_gaps.read(TEXT.splitlines(), "allocator"))


class Reading(unittest.TestCase):
    def setUp(self):
        self.coverage = coverage_gaps.read(TEXT.splitlines(), "allocator")

    def test_keeps_to_one_room_and_names_files_from_there(self):
        self.assertEqual(self.coverage.files(), ["allocator/arena.cpp", "allocator/list.hpp"])
        self.assertEqual(coverage_gaps.read(TEXT.splitlines(), "harness").files(), ["harness/run/runner.cpp"])

    def test_counts_lines_that_hold_code(self):
        self.assertEqual((sum(self.coverage.lines.values()), len(self.coverage.lines)), (9, 15))

    def test_a_side_is_taken_where_any_instantiation_takes_it(self):
        self.assertEqual(self.coverage.branches["allocator/list.hpp", 3, 16], (True, True))
        self.assertEqual(self.coverage.branches["allocator/list.hpp", 3, 7], (False, True))

    def test_a_count_below_zero_is_none(self):
        self.assertEqual(self.coverage.branches["allocator/arena.cpp", 2, 10], (True, False))
        self.assertTrue(coverage_gaps.was_counted("1.2", "E"))

    def test_sides_of_branches_that_were_never_reached_count_as_not_taken(self):
        self.assertEqual(self.coverage.sides(), (4, 8))


class Gaps(unittest.TestCase):
    def test_lists_lines_and_sides_but_not_sides_in_lines_that_were_never_run(self):
        self.assertEqual([str(gap) for gap in gaps()], [
            "allocator/arena.cpp:2:10: never false: return child == 0",
            "allocator/arena.cpp:3: never run: ? 1",
            "allocator/list.hpp:3:7: never true: if (full_ || size == 0) {",
            "allocator/list.hpp:4: never run: return false;",
            "allocator/list.hpp:8: never run: bool drop() {",
            "allocator/list.hpp:9: never run: if (full_) return false;",
            "allocator/list.hpp:10: never run: return false;",
            "allocator/list.hpp:11: never run: }"])

    def test_knows_what_encloses_a_place(self):
        found = {gap.line: gap.enclosing for gap in gaps() if gap.file == "allocator/list.hpp"}
        self.assertEqual(found[4], ("if (full_ || size == 0) {", "bool List<T>::put(int size) {"))
        self.assertEqual(found[10], ("bool drop() {",))
        self.assertEqual(found[11], ("bool drop() {",))


class Explanations(unittest.TestCase):
    def match(self, *entries):
        return coverage_explained.match(coverage_explained.parse(json.dumps(entries)), gaps())

    def entry(self, **fields):
        return {"file": "allocator/list.hpp", "source": "return false;", "why": "no reason"} | fields

    def test_explain_the_one_gap_that_they_name(self):
        explained = self.match(self.entry(**{"in": "put("}),
                               self.entry(source="if (full_ || size == 0) {", side="true", condition="full_"),
                               self.entry(source=["bool drop() {", "if (full_) return false;"], why="dead"))
        self.assertEqual({(gap.line, gap.side): explained[gap].why for gap in explained},
                         {(4, "line"): "no reason", (3, "true"): "no reason", (8, "line"): "dead", (9, "line"): "dead"})

    def test_that_match_nothing_are_an_error(self):
        for fields in ({"source": "return true;"}, {"file": "allocator/other.hpp"}, {"in": "take("}, {"side": "true"}):
            with self.assertRaisesRegex(coverage_explained.BadExplanation, "matches no gap"):
                self.match(self.entry(**fields))

    def test_that_match_more_than_one_gap_are_an_error(self):
        with self.assertRaisesRegex(coverage_explained.BadExplanation, "matches 2 gaps"):
            self.match(self.entry())

    def test_of_one_gap_twice_are_an_error(self):
        with self.assertRaisesRegex(coverage_explained.BadExplanation, "explained twice"):
            self.match(self.entry(**{"in": "put("}), self.entry(**{"in": "size == 0"}))

    def test_that_are_badly_written_are_an_error(self):
        for text, said in (("{", "expected JSON"), ("{}", "expected a list"), ('[{"file": "a", "source": "b"}]', "entry 1: no 'why'"),
                           ('[{"file": "a", "source": "b", "why": ""}]', "entry 1: no 'why'"),
                           ('[{"file": "a", "source": "b", "why": "c", "line": 3}]', "unknown field 'line'"),
                           ('[{"file": "a", "source": "b", "why": "c", "side": "both"}]', "found 'both'")):
            with self.assertRaisesRegex(coverage_explained.BadExplanation, said):
                coverage_explained.parse(text)

    def test_of_the_project_can_be_read_and_name_files_that_are_there(self):
        for explanation in coverage_explained.parse((ROOT / "ci/coverage_explained.json").read_text(encoding="utf-8")):
            lines = [line.strip() for line in (ROOT / explanation.file).read_text(encoding="utf-8").splitlines()]
            self.assertIn(explanation.source, lines, explanation.file)


class Report(unittest.TestCase):
    def setUp(self):
        self.script = script()
        self.coverage = coverage_gaps.read(TEXT.splitlines(), "allocator")

    def test_the_table_counts_what_was_run_and_not_what_is_explained(self):
        figure = self.script.figures(self.coverage, [2, 3])
        rows = self.script.table({"allocator": figure}).splitlines()
        self.assertEqual(rows[1].split(), "allocator/ 9 of 15 60.00% 4 of 8 50.00% 2 of 3 66.67%".split())

    def test_functions_are_counted_by_room(self):
        root = self.script.ROOT
        files = [{"filename": f"{root}/{name}", "summary": {"functions": {"covered": covered, "count": count}}}
                 for name, covered, count in (("allocator/a.hpp", 1, 2), ("allocator/b.hpp", 3, 3), ("harness/c.cpp", 0, 1), ("cli/d.cpp", 5, 5))]
        self.assertEqual(self.script.functions(json.dumps({"data": [{"files": files}]})), {"allocator": [4, 5], "harness": [0, 1]})

    def test_falls_short_by_unexplained_lines_and_by_too_few_branches(self):
        figure = self.script.figures(self.coverage, [2, 3])
        found = gaps()
        self.assertEqual(len(self.script.judge(figure, found, {}, 50)), 1)
        self.assertRegex(self.script.judge(figure, found, {}, 50)[0], "^6 lines")
        explained = {gap: "because" for gap in found if gap.side == "line"}
        self.assertEqual(self.script.judge(figure, found, explained, 50), [])
        self.assertRegex(self.script.judge(figure, found, explained, 51)[0], "^50.00 % .* expected 51 %")

    def test_each_gap_is_listed_with_its_explanation_or_as_open(self):
        found = gaps()[1:3]
        explained = {found[0]: coverage_explained.Explanation("f", "s", "line", "only on Tuesdays")}
        self.assertEqual(self.script.listing(found, explained).splitlines(), [
            "explained  allocator/arena.cpp:3: never run: ? 1", "           only on Tuesdays",
            "OPEN       allocator/list.hpp:3:7: never true: if (full_ || size == 0) {"])


if __name__ == "__main__":
    sys.exit(unittest.main())
