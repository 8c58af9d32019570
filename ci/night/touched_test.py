"""A change touches the targets that are made of it, and no others."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from night import touched  # noqa: E402, its place is known only now

NINJA = """
rule make
  command = echo '$out: $in $headers' > $out.d && touch $out
  depfile = $out.d
  deps = gcc
rule link
  command = touch $out
build a.o: make {root}/a.cpp
  headers = {root}/common.hpp {root}/only_a.hpp /usr/include/x.h
build b.o: make {root}/b.cpp
  headers = {root}/common.hpp
build fuzz_a: link a.o
build fuzz_b: link b.o
"""


class Touched(unittest.TestCase):
    def setUp(self):
        room = tempfile.TemporaryDirectory(prefix="touched-")
        self.addCleanup(room.cleanup)
        self.root = pathlib.Path(room.name) / "project"
        self.root.mkdir()
        for name in ("a.cpp", "b.cpp", "common.hpp", "only_a.hpp", "README.md"):
            (self.root / name).write_text("", encoding="utf-8")
        (self.root / "build").mkdir()
        (self.root / "build" / "build.ninja").write_text(NINJA.format(root=self.root), encoding="utf-8")
        subprocess.run(["ninja", "-C", self.root / "build"], check=True, stdout=subprocess.DEVNULL)

    def by(self, *changed):
        return touched.touched(set(changed), touched.by_target(self.root, self.root / "build", ["a", "b"]))

    def test_a_source_touches_its_target(self):
        self.assertEqual(self.by("a.cpp"), {"a": "a.cpp"})

    def test_a_header_touches_all_that_include_it(self):
        self.assertEqual(set(self.by("common.hpp")), {"a", "b"})
        self.assertEqual(self.by("only_a.hpp"), {"a": "only_a.hpp"})

    def test_what_no_target_is_made_of_touches_none(self):
        self.assertEqual(self.by("README.md", "docs/x.md"), {})

    def test_seeds_and_a_dictionary_touch_theirs_and_the_build_all(self):
        self.assertEqual(set(self.by("corpus/b/seed")), {"b"})
        self.assertEqual(set(self.by("fuzz/fuzz_a.dict")), {"a"})
        self.assertEqual(set(self.by("cmake/Options.cmake")), {"a", "b"})
        self.assertEqual(self.by("CMakeLists.txt.orig"), {})

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=self.root, check=True, stdout=subprocess.DEVNULL)

    def test_changes_are_those_since_the_lines_parted_and_what_is_not_committed(self):
        self.git("init", "-q", "-b", "main")
        self.git("add", "a.cpp", "b.cpp")
        self.git("commit", "-q", "-m", "one")
        self.git("checkout", "-q", "-b", "mine")
        (self.root / "a.cpp").write_text("1", encoding="utf-8")
        self.git("commit", "-q", "-a", "-m", "two")
        self.git("checkout", "-q", "main")
        (self.root / "theirs").write_text("1", encoding="utf-8")
        self.git("add", "theirs")
        self.git("commit", "-q", "-m", "three")
        self.git("checkout", "-q", "mine")
        changed = touched.changes(self.root, "main")
        self.assertIn("a.cpp", changed)
        self.assertNotIn("theirs", changed)
        self.assertNotIn("b.cpp", changed)
        self.assertIn("common.hpp", changed, "a new file counts")
        self.assertIsNone(touched.changes(self.root, "no-such-ref"))


if __name__ == "__main__":
    sys.exit(unittest.main())
