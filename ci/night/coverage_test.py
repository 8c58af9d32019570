"""The points of the curve of source coverage: every input is in one, by its time."""

import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import engine_builds  # noqa: E402
from night import source_coverage  # noqa: E402, its place is known only now


class Slices(unittest.TestCase):
    def setUp(self):
        room = tempfile.TemporaryDirectory(prefix="coverage-")
        self.addCleanup(room.cleanup)
        self.corpus = pathlib.Path(room.name)
        (self.corpus / "nothing-of-the-project").mkdir()
        for name, time in (("old", 50), ("first", 101), ("middle", 150), ("last", 200)):
            path = self.corpus / "nothing-of-the-project" / name
            path.write_bytes(b"x")
            os.utime(path, (time, time))

    def test_begin_at_the_start_of_the_night_and_end_with_the_newest_input(self):
        self.assertEqual(source_coverage.bins([50, 101, 150, 200], 100, 3), [100, 150, 200])
        self.assertEqual(source_coverage.bins([], 100, 3), [100, 100.5, 101])

    def test_hold_every_input_once(self):
        found = source_coverage.slices(self.corpus, "nothing-of-the-project", [100, 150, 200])
        names = [[path.name for path in one if path.is_relative_to(self.corpus)] for one in found]
        self.assertEqual(names, [["old"], ["first", "middle"], ["last"]])

    def test_begin_with_the_seeds(self):
        found = source_coverage.slices(self.corpus, "heap", [100, 150])
        self.assertTrue(any(path.is_relative_to(engine_builds.ROOT / "corpus" / "heap") for path in found[0]))
        self.assertEqual(found[1], [])


if __name__ == "__main__":
    sys.exit(unittest.main())
