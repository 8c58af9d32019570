"""Tests of walk_text.py: how a page's commands are read and what counts as the same output."""

import sys
import unittest

sys.dont_write_bytecode = True
import walk_text  # noqa: E402

PAGE = """\
# Title

## Before
```
$ not this
```

## The walk

Words.

```
$ first --option
one
...
$ second
FINDING: a
```

```
$ third
```

## Behind
```
$ nor this
```
"""


class Steps(unittest.TestCase):
    def test_are_those_of_the_section_with_their_output(self):
        found = walk_text.steps(PAGE, "The walk")
        self.assertEqual([(step.command, step.output, step.place) for step in found],
                         [("first --option", ["one", "..."], 13), ("second", ["FINDING: a"], 16), ("third", [], 21)])

    def test_of_a_section_that_is_not_there_are_none(self):
        self.assertEqual(walk_text.steps(PAGE, "Elsewhere"), [])

    def test_end_with_one_where_they_show_a_finding(self):
        self.assertEqual([step.status() for step in walk_text.steps(PAGE, "The walk")], [0, 1, 0])


class Same(unittest.TestCase):
    def test_lines_are_the_same(self):
        self.assertTrue(walk_text.same(["a", "b"], ["a", "b"]))

    def test_another_line_or_one_more_or_less_is_not(self):
        for actual in (["a", "c"], ["a"], ["a", "b", "c"], []):
            self.assertFalse(walk_text.same(["a", "b"], actual), actual)

    def test_dots_stand_for_any_number_of_lines(self):
        for actual in (["a", "z"], ["a", "b", "z"], ["a", "b", "c", "z"]):
            self.assertTrue(walk_text.same(["a", "...", "z"], actual), actual)
        self.assertFalse(walk_text.same(["a", "...", "z"], ["a", "b"]))
        self.assertFalse(walk_text.same(["...", "z"], ["z", "a"]))

    def test_names_of_findings_and_counts_may_differ_and_what_was_found_may_not(self):
        self.assertTrue(walk_text.same(["replay finding-0123456789abcdef.trace"], ["replay finding-fedcba9876543210.trace"]))
        self.assertTrue(walk_text.same(["Executions:   19 inputs run"], ["Executions:   1,234 inputs run"]))
        self.assertFalse(walk_text.same(["  found:    19"], ["  found:    20"]))
        self.assertFalse(walk_text.same(["Findings:     0"], ["Findings:     1"]))


if __name__ == "__main__":
    unittest.main()
