"""Tests of rooms.py, and of the project by it: every arrow points down, and the table in the docs is the present one."""

import sys
import unittest

sys.dont_write_bytecode = True
import rooms  # noqa: E402


class Rooms(unittest.TestCase):
    def test_an_arrow_that_points_up_is_told(self):
        found = rooms.arrows({"harness/trace/a.cpp": '#include "harness/run/b.hpp"\n#include <vector>\n'})
        self.assertEqual(rooms.complaints(found), ["harness/trace knows harness/run, which stands above it"])

    def test_a_room_without_a_place_is_told(self):
        found = rooms.arrows({"attic/a.cpp": '#include "allocator/heap.hpp"\n'})
        self.assertEqual(rooms.complaints(found), ["attic has no place in the list of rooms"])

    def test_a_room_may_know_itself_and_those_below(self):
        found = rooms.arrows({"harness/run/a.cpp": '#include "harness/run/b.hpp"\n#include "harness/trace/c.hpp"\n'})
        self.assertEqual(rooms.complaints(found), [])
        self.assertIn("| `harness/run` | `harness/trace` |", rooms.table(found))


class Project(unittest.TestCase):
    def test_every_arrow_points_down(self):
        self.assertEqual(rooms.complaints(rooms.arrows(rooms.sources())), [])

    def test_the_table_in_the_docs_is_the_present_one(self):
        docs = (rooms.ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
        table = rooms.table(rooms.arrows(rooms.sources()))
        self.assertIn(table, docs, "docs/architecture.md: put in what `python3 ci/rooms.py` prints")


if __name__ == "__main__":
    unittest.main()
