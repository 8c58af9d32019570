"""Turns libFuzzer's output into progress that a person reads: fuzz_progress.py LOG < OUTPUT.

Every line goes to LOG. Shown are a line of progress every few seconds and whatever is neither libFuzzer's own chatter nor
what ci/fuzz says once more at its end: findings and sanitizers' reports.
"""

import re
import sys
import time

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


def main():
    with open(sys.argv[1], "w", encoding="utf-8", errors="replace") as log:
        for line in shown(progress(iter(sys.stdin.readline, ""), log)):
            print(line, end="", flush=True)


if __name__ == "__main__":
    main()
