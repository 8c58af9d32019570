"""Runs a fuzz target, and turns libFuzzer's output into progress that a person reads: fuzz_progress.py LOG COMMAND...

The target and all that it starts end with this process, and with the one that started this. Every line goes to LOG. Shown are a line of progress every few seconds and whatever is neither libFuzzer's own chatter nor
what ci/fuzz says once more at its end: findings and sanitizers' reports. Exit status: the target's.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from night import processes  # noqa: E402, its place is known only now

SECONDS_TO_END = 10  # that a target has to write its last figures

SECONDS_BETWEEN_LINES = 5
STATUS = re.compile(r"#(\d+)\s.*cov: (\d+) ft: (\d+) corp: (\d+)/.*exec/s: (\d+)")
CHATTER = re.compile(r'#\d+\s|INFO: |\s*NEW_FUNC|######|"(\\|.)*" # Uses: |Done \d+ runs|Recommended dictionary|Dictionary: |Base64: ')
# libFuzzer prints a small input as hexadecimal numbers and as it is, which may be any bytes, between these two.
BYTES_BEGIN = re.compile(r"MS: \d+ .*base unit: ")
BYTES_END = re.compile(r"artifact_prefix='.*'; Test unit written to (.*)")
AGAIN = "To see it again:"


def shown(lines):
    """The lines that a person reads, without those of libFuzzer's status."""
    in_bytes = again = False
    for line in lines:
        if BYTES_BEGIN.match(line):
            in_bytes = True
        elif end := BYTES_END.match(line):
            in_bytes = False
            yield f"libFuzzer's own file: {end[1]}\n"
        elif in_bytes or again:
            again = False
        elif line.rstrip() == AGAIN:
            again = True  # the command stands in the next line
        elif not CHATTER.match(line):
            yield line


def progress(lines, log, clock=time.monotonic):
    """Passes everything on, and turns some of libFuzzer's lines of status into a line of progress."""
    start, last = clock(), -SECONDS_BETWEEN_LINES
    for line in lines:
        log.write(line)
        elapsed = clock() - start
        status = STATUS.match(line)
        if status and elapsed - last >= SECONDS_BETWEEN_LINES:
            last = elapsed
            runs, edges, features, corpus, speed = (int(group) for group in status.groups())
            yield (f"{elapsed:5.0f} s  {runs:>10,} inputs run, {speed:,} a second; corpus {corpus:,};"
                   f" {edges:,} branches and {features:,} features seen\n")
        elif not status:
            yield line


class Log:
    """A file, for as long as there is room for it."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "w", encoding="utf-8", errors="replace")

    def write(self, line):
        if self.file is None:
            return
        try:
            self.file.write(line)
            self.file.flush()
        except OSError as error:
            print(f"{self.path}: cannot be written further: {error.strerror}", file=sys.stderr)
            self.file = None


def start(command):
    """Starts the target under a warden, which ends it with all below it when this process dies or tells it to."""
    return subprocess.Popen([sys.executable, processes.WARDEN, str(SECONDS_TO_END), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", start_new_session=True,
                            preexec_fn=processes.dying_with(os.getpid(), signal.SIGTERM))


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    processes.prctl(processes.PR_SET_PDEATHSIG, signal.SIGTERM)  # a shell that is killed says nothing
    target = start(sys.argv[2:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: target.terminate())
    for line in shown(progress(iter(target.stdout.readline, ""), Log(sys.argv[1]))):
        print(line, end="", flush=True)
    return target.wait()


if __name__ == "__main__":
    sys.exit(main())
