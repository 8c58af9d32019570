"""Tests of plain_paths.py: what a shell takes as one word."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from plain_paths import UNSAFE, PlainPaths  # noqa: E402


class Links(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "a b; $c"
        self.folder.mkdir()
        (self.folder / "input").write_text("x", encoding="utf-8")

    def test_a_path_that_is_one_word_stays(self):
        with PlainPaths() as plain:
            self.assertEqual([plain.word(word) for word in ("/usr/bin/env", "-merge=1", "-dict=/a/b.dict")], ["/usr/bin/env", "-merge=1", "-dict=/a/b.dict"])

    def test_another_is_reached_by_a_link_and_has_its_name_back(self):
        with PlainPaths() as plain:
            word = plain.word(f"-artifact_prefix={self.folder}/")
            self.assertFalse(UNSAFE.search(word))
            self.assertTrue(word.endswith("/"))
            link = plain.path(self.folder)
            self.assertEqual(pathlib.Path(link, "input").read_text(encoding="utf-8"), "x")
            self.assertEqual(word, f"-artifact_prefix={link}/")
            self.assertEqual(plain.back(f"{link}/input"), str(self.folder / "input"))
            self.assertEqual(plain.back("/elsewhere/input"), "/elsewhere/input")

    def test_nothing_is_left(self):
        with PlainPaths() as plain:
            plain.path(self.folder)
            links = plain.folder
        self.assertFalse(links.exists())
        self.assertTrue((self.folder / "input").exists())


if __name__ == "__main__":
    unittest.main()
