"""Tests of fuzz_progress.py: what a person sees of libFuzzer's output."""

import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import fuzz_progress  # noqa: E402
from night.testing import nights  # noqa: E402

CRASH = """\
INFO: Seed: 1
#2\tINITED cov: 10 ft: 20 corp: 1/1b exec/s: 0 rss: 30Mb
FINDING: invariant.used-lists.complete
  at operation 7: free 2
MS: 0 ; base unit: 0000
0x50,0x48,
PH\\001FINDING: of bytes
artifact_prefix='out/'; Test unit written to out/crash-1e60
Base64: UEg=
To see it again:
poolhammer replay out/finding-6f1b.trace
==7==ERROR: AddressSanitizer
"""


class Clock:
    def __init__(self, *times):
        self.times = list(times)

    def __call__(self):
        return self.times.pop(0)


def shown(text, clock=lambda: 0.0):
    log = io.StringIO()
    lines = list(fuzz_progress.shown(fuzz_progress.progress(text.splitlines(keepends=True), log, clock)))
    return lines, log.getvalue()


class FuzzProgress(unittest.TestCase):
    def test_a_finding_and_the_file_are_shown_and_neither_bytes_nor_chatter(self):
        lines, _ = shown(CRASH)
        self.assertEqual(lines, ["    0 s           2 inputs run, 0 a second; corpus 1; 10 branches and 20 features seen\n",
                                 "FINDING: invariant.used-lists.complete\n", "  at operation 7: free 2\n",
                                 "libFuzzer's own file: out/crash-1e60\n", "==7==ERROR: AddressSanitizer\n"])

    def test_the_log_has_every_line(self):
        self.assertEqual(shown(CRASH)[1], CRASH)

    def test_a_line_of_progress_comes_every_few_seconds(self):
        status = "#2\tpulse cov: 10 ft: 20 corp: 1/1b exec/s: 0 rss: 30Mb\n"
        lines, _ = shown(status * 4, Clock(100, 100, 101, 105, 109))
        self.assertEqual([line.split()[0] for line in lines], ["0", "5"])


class Target(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.log = pathlib.Path(self.folder.name) / "log"
        self.mark = pathlib.Path(self.folder.name) / "runs"

    def start(self, script, log=None):
        """A fuzz target that is a script, below a shell, as in ci/fuzz."""
        program = pathlib.Path(__file__).with_name("fuzz_progress.py")
        shell = subprocess.Popen(["sh", "-c", '"$@"; exit $?', "sh", sys.executable, program, log or self.log, "sh", "-c", script],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(shell.stdout.close)
        return shell

    def test_its_status_and_output_are_passed_on(self):
        shell = self.start("echo hello; exit 7")
        self.assertEqual((shell.communicate()[0], shell.returncode), ("hello\n", 7))
        self.assertEqual(self.log.read_text(encoding="utf-8"), "hello\n")

    def test_it_ends_with_a_shell_that_is_killed(self):
        shell = self.start(f"sleep 1000 & echo $! >{self.mark}.new; mv {self.mark}.new {self.mark}; wait")
        nights.until(self.mark.exists, "the start of the target")
        shell.kill()
        shell.wait()
        pid = int(self.mark.read_text(encoding="utf-8"))
        nights.until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the end of what the target started")

    def test_a_log_without_room_is_said_and_the_target_goes_on(self):
        shell = self.start("echo one; echo two", log="/dev/full")
        out = shell.communicate()[0]
        self.assertEqual(shell.returncode, 0)
        self.assertEqual(out.count("/dev/full: cannot be written further: No space left on device\n"), 1)
        self.assertIn("two\n", out)


if __name__ == "__main__":
    unittest.main()
