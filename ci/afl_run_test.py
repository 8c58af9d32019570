"""What ci/afl does with what AFL++ leaves behind."""

import contextlib
import hashlib
import io
import pathlib
import sys
import tempfile
import unittest

import afl_run

# A target as ours: it leaves a file where it runs and dies of SIGABRT, also when it hangs and is told to.
TARGET = """#!/usr/bin/env python3
import os, pathlib, signal, sys
def die(*_):
    pathlib.Path("finding-0123.trace").write_bytes(b"PHTR")
    signal.signal(signal.SIGABRT, signal.SIG_DFL)
    os.abort()
if sys.argv[1] == "--describe":
    print('{"limits": {"max_len": 65536, "timeout": 20, "rss_limit_mb": 4096}, "dictionary": null}')
    sys.exit(0)
text = open(sys.argv[1]).read()
if any(name.startswith(("AFL_", "__AFL")) for name in os.environ):
    sys.exit(9)
if text == "bad":
    die()
if text == "slow":
    signal.signal(signal.SIGABRT, die)
    signal.pause()
"""


class AfterTheRun(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory(prefix="afl-test-")
        room = pathlib.Path(self.room.name)
        self.sync = room / "sync"
        for folder in ("queue", "crashes", "hangs"):
            (self.sync / "main" / folder).mkdir(parents=True)
        program = room / "target"
        program.write_text(TARGET, encoding="utf-8")
        program.chmod(0o755)
        (room / "corpus").mkdir()
        (room / "findings").mkdir()
        self.run_ = afl_run.Run("heap", {"afl-plain": program}, afl_run.roles(1), room / "corpus", room / "findings")
        self.findings = room / "findings"
        self.corpus = room / "corpus"

    def tearDown(self):
        self.room.cleanup()

    def found(self):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return self.run_.gather_findings(self.sync)

    def test_a_crash_is_run_again_and_leaves_the_file_of_its_finding(self):
        (self.sync / "main/crashes/id:000000,sig:06").write_text("bad", encoding="utf-8")
        self.assertEqual(self.found(), 1)
        self.assertEqual([path.name for path in self.findings.iterdir()], ["finding-0123.trace"])
        self.assertEqual(self.found(), 1, "a finding that is known is one all the same")

    def test_a_crash_that_does_not_come_again_is_kept_and_counts(self):
        (self.sync / "main/crashes/id:000000,sig:11").write_text("good", encoding="utf-8")
        self.assertEqual(self.found(), 1)
        name = hashlib.sha1(b"good").hexdigest()[:16]
        self.assertEqual([path.name for path in self.findings.iterdir()], [f"unrepeated-{name}.input"])

    def test_a_hang_is_a_finding_where_it_hangs_again(self):
        (self.sync / "main/hangs/id:000000").write_text("good", encoding="utf-8")
        self.assertEqual(self.found(), 0)
        self.assertEqual(list(self.findings.iterdir()), [])
        (self.sync / "main/hangs/id:000001").write_text("slow", encoding="utf-8")
        self.run_.replay_seconds = 5
        self.assertEqual(self.found(), 1)
        self.assertEqual([path.name for path in self.findings.iterdir()], ["finding-0123.trace"])

    def test_only_what_a_worker_made_itself_goes_to_the_corpus(self):
        for name, text in (("id:000000,orig:seed", "a"), ("id:000001,src:000000,op:havoc", "b"), ("id:000002,sync:asan,src:1", "c")):
            (self.sync / "main/queue" / name).write_text(text, encoding="utf-8")
        self.assertEqual(self.run_.gather_corpus(self.sync), 1)
        self.assertEqual([path.name for path in self.corpus.iterdir()], [hashlib.sha1(b"b").hexdigest()])
        self.assertEqual(self.run_.gather_corpus(self.sync), 0)

    def test_what_a_run_that_was_killed_kept_is_gathered_before_it_goes(self):
        (self.sync / "main/crashes/id:000000,sig:06").write_text("bad", encoding="utf-8")
        (self.sync / "main/queue/id:000001,src:000000,op:havoc").write_text("b", encoding="utf-8")
        kept = self.sync.parent / "kept"
        kept.mkdir()
        self.sync.rename(kept / "sync")
        self.run_.keep = kept
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(self.run_.gather_left_behind(), 1)
        self.assertEqual([path.name for path in self.findings.iterdir()], ["finding-0123.trace"])
        self.assertEqual([path.name for path in self.corpus.iterdir()], [hashlib.sha1(b"b").hexdigest()])
        self.assertFalse(kept.exists())

    def test_a_kept_folder_stays_where_the_run_does_not_come_to_its_end(self):
        self.run_.keep = self.sync.parent / "kept"
        with self.assertRaises(KeyError), self.run_.room() as room:
            (pathlib.Path(room) / "seen").write_bytes(b"")
            raise KeyError
        self.assertTrue((self.run_.keep / "seen").exists())


class Roles(unittest.TestCase):
    def test_the_first_three_see_different_things(self):
        crew = afl_run.roles(3)
        self.assertEqual([role.name for role in crew], ["main", "asan", "cmplog"])
        self.assertEqual({build for role in crew for build in role.builds()}, {"afl-plain", "afl-asan", "afl-cmplog"})

    def test_every_worker_has_a_name_of_its_own(self):
        for workers in (1, 2, 5, 16):
            self.assertEqual(len({role.name for role in afl_run.roles(workers)}), workers)


if __name__ == "__main__":
    sys.exit(unittest.main())
