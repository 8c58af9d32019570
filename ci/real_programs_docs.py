"""Puts the tables that ci/real-programs left in out/real-programs into docs/real-programs.md, between its marks."""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "real-programs.md"
TABLES = ROOT / "out" / "real-programs"
PACKAGES = {"programs": ("libc6", "g++-12"), "cpython": ("libpython3.11", "libc6")}  # whose versions matter to a part


class Trouble(Exception):
    """Ends the command with a line of words."""


def marks(part: str) -> tuple[str, str]:
    return f"<!-- {part}: ci/real-programs --write-docs writes this -->\n", f"<!-- end of {part} -->\n"


def place(document: str, part: str) -> slice:
    """What lies between the marks of a part."""
    begin, end = marks(part)
    if document.count(begin) != 1 or document.count(end) != 1 or document.index(begin) > document.index(end):
        raise Trouble(f"{DOCUMENT.name}: expected once, in this order, the lines '{begin.strip()}' and '{end.strip()}'")
    return slice(document.index(begin) + len(begin), document.index(end))


def section(output: str, machine: str) -> str:
    """What a part printed, as the document shows it: what it comes to, then the table."""
    table, _, summary = output.rstrip("\n").rpartition("\n\n")
    # A run that was cut short has printed no summary.
    if not table.startswith("| ") or not re.match("[0-9]+ (programs|modules)\\b", summary):
        raise Trouble("no whole table was printed")
    return f"\n{machine}:\n\n> {summary}\n\n{table}\n\n"


def replaced(document: str, part: str, text: str) -> str:
    here = place(document, part)
    return document[:here.start] + text + document[here.stop:]


def version(package: str) -> str:
    query = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", package], capture_output=True, text=True)
    return f"{package} {query.stdout}" if query.returncode == 0 and query.stdout else f"{package} of unknown version"


def machine_of(part: str) -> str:
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    packages = ", ".join(map(version, PACKAGES[part]))
    return f"`ci/real-programs --write-docs`, {system}, {packages}, {len(os.sched_getaffinity(0))} processors"


def main() -> None:
    parser = argparse.ArgumentParser(prog="ci/real_programs_docs.py")
    parser.add_argument("--only-look", action="store_true", help="whether the document has its marks")
    parser.add_argument("parts", nargs="+", choices=PACKAGES)
    options = parser.parse_args()
    document = DOCUMENT.read_text(encoding="utf-8")
    for part in options.parts:
        place(document, part)
    if options.only_look:
        return
    for part in options.parts:
        try:
            text = section((TABLES / f"{part}.md").read_text(encoding="utf-8"), machine_of(part))
        except Trouble as trouble:
            raise Trouble(f"{DOCUMENT.name} keeps its old part '{part}': {trouble}") from None
        document = replaced(document, part, text)
        # Each at once: a part that is whole is kept where another is not.
        DOCUMENT.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        print(f"ci/real-programs: {trouble}", file=sys.stderr)
        sys.exit(2)
