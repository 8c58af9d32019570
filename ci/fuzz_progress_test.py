"""Tests of fuzz_progress.py: what a person sees of libFuzzer's output."""

import io
import sys
import unittest

sys.dont_write_bytecode = True
import fuzz_progress  # noqa: E402

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


if __name__ == "__main__":
    unittest.main()
