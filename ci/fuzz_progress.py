"""Turns libFuzzer's output into progress that a person reads: fuzz_progress.py LOG < OUTPUT.

Every line goes to LOG. Shown are a line of progress every few seconds and whatever is not libFuzzer's own chatter: findings
and sanitizers' reports.
"""

import re
import sys
import time

SECONDS_BETWEEN_LINES = 5
STATUS = re.compile(r"#(\d+)\s.*cov: (\d+) ft: (\d+) corp: (\d+)/.*exec/s: (\d+)")
CHATTER = re.compile(r'#\d+\s|INFO: |\s*NEW_FUNC|######|"(\\|.)*" # Uses: |Done \d+ runs|Recommended dictionary|Dictionary: ')


def main():
    start, shown = time.monotonic(), -SECONDS_BETWEEN_LINES
    with open(sys.argv[1], "w", encoding="utf-8", errors="replace") as log:
        for line in iter(sys.stdin.readline, ""):
            log.write(line)
            elapsed = time.monotonic() - start
            status = STATUS.match(line)
            if status and elapsed - shown >= SECONDS_BETWEEN_LINES:
                shown = elapsed
                runs, edges, features, corpus, speed = (int(group) for group in status.groups())
                print(f"{elapsed:5.0f} s  {runs:>10,} inputs run, {speed:,} a second; corpus {corpus:,};"
                      f" {edges:,} branches and {features:,} features seen", flush=True)
            elif not status and not CHATTER.match(line):
                print(line, end="", flush=True)


if __name__ == "__main__":
    main()
