"""The parts of ci/corpus: what is superfluous, what is canonical, how a crash becomes a regression."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import tempfile
import unittest

import corpus_cover

ROOT = pathlib.Path(__file__).resolve().parent.parent
POOLHAMMER, TARGETS = (sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))) if len(sys.argv) > 2 and os.access(sys.argv[1], os.X_OK) else (None, None)


def script():
    """ci/corpus as a module."""
    loader = importlib.machinery.SourceFileLoader("corpus", str(ROOT / "ci" / "corpus"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("corpus", loader))
    loader.exec_module(module)
    return module


CONTROL = """4
1
first/a
second/b
second/c
second/d
STARTED 0 16
FT 0 1 2
COV 0 7
STARTED 1 32
FT 1 2 3
STARTED 2 64
FT 2 1 3
STARTED 3 64
"""


class Cover(unittest.TestCase):
    def test_reads_what_each_file_covers(self):
        covered = corpus_cover.features_by_file(CONTROL)
        self.assertEqual(covered, {"first/a": {1, 2}, "second/b": {2, 3}, "second/c": {1, 3}, "second/d": set()})

    def test_a_file_whose_features_others_have_has_none_of_its_own(self):
        self.assertEqual(corpus_cover.without_own({"a": {1, 2}, "b": {2, 3, 4}, "c": {3}}), ["c"])
        self.assertEqual(corpus_cover.without_own({"a": {1}, "b": {2}}), [])

    def test_what_can_go_together_goes_and_no_feature_is_lost(self):
        covered = {path: frozenset(features) for path, features in {"a": {1, 2}, "b": {2, 3}, "c": {1, 3}, "d": set()}.items()}
        for order in ("abcd", "dcba", "bdac"):
            gone = corpus_cover.superfluous(covered, order.index)
            kept = {path: covered[path] for path in covered if path not in gone}
            self.assertEqual(set().union(*kept.values()), {1, 2, 3})
            self.assertEqual(corpus_cover.without_own(kept), [])
            self.assertEqual(gone[0], next(path for path in order), order)


@unittest.skipUnless(POOLHAMMER, "no poolhammer given")
class WithThePresentProgram(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory(prefix="corpus-test-")
        self.corpus = pathlib.Path(self.room.name) / "corpus"
        (self.corpus / "heap").mkdir(parents=True)
        self.script = script()
        self.script.POOLHAMMER, self.script.TARGETS = POOLHAMMER, TARGETS
        versions = ROOT / "harness/trace/versions"
        self.text = (versions / "2.txt").read_bytes()
        self.binary = (versions / "2.trace").read_bytes()
        self.former = (versions / "1.trace").read_bytes()

    def tearDown(self):
        self.room.cleanup()

    def quietly(self, call, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(call(*arguments), 0)
        return said.getvalue()

    def test_migration_writes_every_former_form_as_the_present_one(self):
        former = {
            "text": self.text,
            "not-closed": self.binary[:8] + b"\xff" * 8 + self.binary[16:],
            "present": self.binary,
        }
        (self.corpus / "heap" / "of-version-1").write_bytes(self.former)
        for name, content in former.items():
            (self.corpus / "heap" / name).write_bytes(content)
        self.assertIn("3 files written anew", self.quietly(self.script.migrate, self.corpus))
        for name in former:
            self.assertEqual((self.corpus / "heap" / name).read_bytes(), self.binary, name)
        self.assertIn("0 files written anew", self.quietly(self.script.migrate, self.corpus))

    def test_a_file_that_is_no_trace_is_refused_and_left_alone(self):
        path = self.corpus / "heap" / "broken"
        path.write_bytes(b"PHTR\x63\0\0\0" + bytes(8))
        with self.assertRaisesRegex(self.script.Refused, "expected version"):
            self.script.migrate(self.corpus)
        self.assertEqual(path.read_bytes(), b"PHTR\x63\0\0\0" + bytes(8))

    def test_complains_of_files_that_are_not_canonical_or_no_traces(self):
        folder = self.corpus / "heap"
        (folder / "good").write_bytes(self.binary)
        self.assertEqual(self.script.complaints_of_files(folder), [])
        (folder / "text").write_bytes(self.text)
        (folder / "broken").write_bytes(self.binary[:-1])
        said = "\n".join(self.script.complaints_of_files(folder))
        self.assertIn("heap/text: not canonical", said)
        self.assertIn("broken", said)
        self.assertIn("poolhammer replay ends with", said)
        self.assertNotIn("heap/good", said)

    def test_a_crash_becomes_a_regression_by_one_call(self):
        crash = self.corpus / "crash"
        crash.write_bytes(self.text)
        self.quietly(self.script.regression, crash, "two-frees-of-one-block", self.corpus)
        placed = self.corpus / "regressions" / "two-frees-of-one-block.trace"
        self.assertEqual(placed.read_bytes()[:4], b"PHTR")
        self.assertEqual(self.script.canonical(placed), placed.read_bytes())
        with self.assertRaisesRegex(self.script.Refused, "there already"):
            self.script.regression(crash, "two-frees-of-one-block", self.corpus)
        with self.assertRaisesRegex(self.script.Refused, "expected a name"):
            self.script.regression(crash, "../outside", self.corpus)


if __name__ == "__main__":
    sys.exit(unittest.main())
