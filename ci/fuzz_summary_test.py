"""Tests of fuzz_summary.py: what ci/fuzz says at its end, and by which status."""

import contextlib
import hashlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import fuzz_summary  # noqa: E402

INTERRUPTED = 72


class FuzzSummary(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.corpus = pathlib.Path(self.folder.name) / "corpus"
        self.findings = pathlib.Path(self.folder.name) / "findings"
        self.stats = pathlib.Path(self.folder.name) / "stats.json"
        self.corpus.mkdir()
        self.findings.mkdir()
        self.stats.write_text(json.dumps({"executions": 5, "operations": 50, "states": 3, "findings": 0}), encoding="utf-8")

    def input(self, content, written):
        (self.corpus / hashlib.sha1(content).hexdigest()).write_bytes(written)

    def summary(self, status):
        sys.argv = ["fuzz_summary.py", str(self.stats), str(self.corpus), str(self.findings), str(status), str(INTERRUPTED)]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            ended = fuzz_summary.main()
        return ended, out.getvalue(), err.getvalue()

    def test_nothing_found_is_0_also_after_an_interrupt(self):
        self.input(b"whole", b"whole")
        for status in (0, INTERRUPTED):
            ended, out, err = self.summary(status)
            self.assertEqual((ended, err), (0, ""))
            self.assertIn("Findings:     0\n", out)
            self.assertIn("Corpus:       1 inputs", out)

    def test_a_finding_is_1_and_names_the_command_that_shows_it_again(self):
        (self.findings / "finding-1.trace").write_bytes(b"")
        ended, out, _ = self.summary(77)
        self.assertEqual(ended, 1)
        self.assertIn(f"poolhammer replay {self.findings}/finding-1.trace", out)

    def test_inputs_that_a_full_disk_cut_are_said_and_gone(self):
        self.input(b"whole", b"whole")
        self.input(b"torn", b"to")
        self.input(b"empty", b"")
        (self.corpus / "named-by-a-person").write_bytes(b"")
        ended, out, err = self.summary(0)
        self.assertEqual(ended, 3)
        self.assertIn("2 new inputs could not be written whole", err)
        self.assertIn("Corpus:       2 inputs", out)

    def test_without_figures_the_target_did_not_run(self):
        self.stats.unlink()
        ended, _, err = self.summary(0)
        self.assertEqual(ended, 3)
        self.assertIn("left no figures", err)


if __name__ == "__main__":
    unittest.main()
