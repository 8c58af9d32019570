#!/usr/bin/env python3
"""Opens the pages of `poolhammer show --as html` in a real browser, where they test themselves.

usage: browser_test.py POOLHAMMER               pages of sound heaps, and one that must not pass
       browser_test.py POOLHAMMER TRACE         the page of a trace in which POOLHAMMER finds something
       browser_test.py POOLHAMMER --measure N   how long the page of N operations takes, and how large it is
"""

import html
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
WIDE, NARROW = "1280,900", "500,800"


def browser():
    found = shutil.which("chromium")
    if found:
        return found
    # Where everything is installed on purpose, a test that does not run is a test that fails.
    print("browser_test: chromium is not there (Debian package chromium)", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else SKIPPED)


def verdict_of(page, window):
    """What the page says of itself. It tests itself while it is loaded: nothing here waits for time to pass."""
    with tempfile.TemporaryDirectory() as profile:
        command = [browser(), "--headless", "--disable-gpu", f"--window-size={window}", f"--user-data-dir={profile}", "--dump-dom"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # it refuses to run as root with one
        dom = subprocess.run([*command, page.as_uri() + "#selftest"], capture_output=True, check=True, text=True).stdout
    found = re.search(r'<pre id="selftest">(.*?)</pre>', dom, re.DOTALL)
    return html.unescape(found[1]) if found else "no verdict"


def program(layout, operations, seed):
    """Requests of all sizes, in waves: the heap grows and shrinks."""
    dice = random.Random(seed)
    lines, live = ["poolhammer trace 1", f"layout {layout}"], []
    while len(lines) < operations + 2:
        grows = (len(lines) // 400) % 2 == 0
        if live and dice.random() < (0.35 if grows else 0.6):
            lines.append(f"free {live.pop(dice.randrange(len(live)))}")
        elif live and dice.random() < 0.1:
            lines.append(f"realloc {dice.choice(live)} {dice.randrange(1, 700)}")
        else:
            slot = len(lines)
            lines.append(f"malloc {slot} {dice.choice([dice.randrange(1, 96), dice.randrange(1, 513), 600])}")
            live.append(slot)
    return "\n".join(lines) + "\n"


def make_page(poolhammer, trace, page, status=0):
    done = subprocess.run([poolhammer, "show", trace, "--format", "html", "-o", page], capture_output=True, text=True)
    if done.returncode != status:
        sys.exit(f"browser_test: {trace}: exit status {done.returncode}, expected {status}\n{done.stderr}")


def expect(page, window, beginning):
    verdict = verdict_of(page, window)
    print(f"{page.name} at {window}: {verdict}")
    if not verdict.startswith(beginning):
        sys.exit(f"browser_test: {page}: expected '{beginning}', found '{verdict}'")


def measure(poolhammer, operations):
    with tempfile.TemporaryDirectory() as name:
        trace, page = pathlib.Path(name, "x.trace"), pathlib.Path(name, "x.html")
        trace.write_text(program("classic", operations, seed=1))
        begin = time.monotonic()
        make_page(poolhammer, trace, page)
        print(f"{operations} operations: {time.monotonic() - begin:.2f} s to make, {page.stat().st_size / 1e6:.2f} MB")
        expect(page, WIDE, "selftest: passed")


def main():
    if sys.argv[2:3] == ["--measure"]:
        return measure(sys.argv[1], int(sys.argv[3]))
    poolhammer, traces = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for trace in traces:
            page = folder / "finding.html"
            make_page(poolhammer, trace, page, status=1)
            expect(page, WIDE, "selftest: passed")
            expect(page, NARROW, "selftest: passed")
        if traces:
            return
        for layout, operations in [("tiny", 0), ("tiny", 1), ("tiny", 3000), ("classic", 3000), ("aligned16", 1500), ("modern", 3000)]:
            trace = folder / f"{layout}-{operations}.trace"
            trace.write_text(program(layout, operations, seed=1))
            page = trace.with_suffix(".html")
            make_page(poolhammer, trace, page)
            expect(page, WIDE if operations != 1500 else NARROW, "selftest: passed")
        # A page whose heap is not the real one must say so: one that never fails tells nothing.
        lie = folder / "lie.html"
        lie.write_text(re.sub(r'("checksums":\[\[\d+,)\d+', r"\g<1>12345", page.read_text()))
        expect(lie, WIDE, "selftest: FAILED: the heap at step")


if __name__ == "__main__":
    main()
