"""What llvm-cov's text says about a room: its figures, and every line that was never run and every branch that never went one
way in any instantiation of its template. As a program: reads `llvm-cov show -show-branches=count` on standard input, prints
the gaps of allocator/."""

import dataclasses
import re
import sys

FILE = re.compile(r"(\S+):$")
LINE = re.compile(r" *(\d+)\| *([\d.]*)([kMGTPE]?)\|(.*)")
BRANCH = re.compile(r"Branch \((\d+):(\d+)\): \[True: ([\d.]+)([kMGTPE]?), False: ([\d.]+)([kMGTPE]?)\]")  # constants are folded: another text


@dataclasses.dataclass(frozen=True, order=True)
class Gap:
    """A line that was never run, or a side of a branch that was never taken. The column, from 1, is a branch's alone."""
    file: str
    line: int
    column: int
    side: str  # "line", "true" or "false"
    source: str  # the line's text, stripped
    condition: str  # the same from the branch on
    enclosing: tuple  # the lines that the place lies in, innermost first

    def __str__(self):
        if self.side == "line":
            return f"{self.file}:{self.line}: never run: {self.source}"
        return f"{self.file}:{self.line}:{self.column}: never {self.side}: {self.source}"


@dataclasses.dataclass
class Coverage:
    """Of the files of one room. Lines: (file, line) to whether it was run. Branches: (file, line, column) to both sides."""
    source: dict
    lines: dict
    branches: dict

    def files(self):
        return sorted({file for file, _ in self.lines})

    def sides(self):
        """Branch sides taken, and all there are."""
        return sum(map(sum, self.branches.values())), 2 * len(self.branches)


def was_counted(digits, suffix):
    """Whether a counter says yes. Counts of the kind 18.4E are differences below zero: what a forked child leaves behind."""
    return digits not in ("", "0") and not (suffix == "E" and float(digits) > 9)


def read(text, room):
    """The coverage of the files under `room`/, from the lines of llvm-cov's text."""
    coverage = Coverage({}, {}, {})
    inside, file = re.compile(rf"(?:^|/)({re.escape(room)}/.*)$"), None
    for row in text:
        row = row.rstrip("\n")
        if name := FILE.match(row):
            found = inside.search(name[1])
            file = found[1] if found else None
        elif file is None:
            continue
        elif found := LINE.match(row):
            place = (file, int(found[1]))
            coverage.source[place] = found[4]
            if found[2]:  # else no code
                coverage.lines[place] = coverage.lines.get(place, False) or was_counted(found[2], found[3])
        elif found := BRANCH.search(row):
            place = (file, int(found[1]), int(found[2]))
            true, false = coverage.branches.get(place, (False, False))
            coverage.branches[place] = (true or was_counted(found[3], found[4]), false or was_counted(found[5], found[6]))
    return coverage


def enclosing(source, file, line):
    """The lines above that are indented less and less: heads of blocks, of the function, of its class. A closing brace
    belongs to what it closes."""
    heads = []
    text = source.get((file, line), "")
    depth = indentation(text) + text.strip().startswith("}")
    for above in range(line - 1, 0, -1):
        text = source.get((file, above), "")
        if text.strip() and indentation(text) < depth and not re.match(r"\s*(\}|#|//)", text):
            heads.append(text.strip())
            depth = indentation(text)
    return tuple(heads)


def indentation(text):
    return len(text) - len(text.lstrip())


def gaps(coverage):
    """All gaps in the order of their places. A branch in a line that was never run is the line's gap."""
    found = []

    def add(file, line, column, side):
        text = coverage.source.get((file, line), "")
        found.append(Gap(file, line, column, side, text.strip(), text[max(column - 1, 0):].strip(), enclosing(coverage.source, file, line)))

    for (file, line), run in coverage.lines.items():
        if not run:
            add(file, line, 0, "line")
    for (file, line, column), (true, false) in coverage.branches.items():
        if not true and not false and not coverage.lines.get((file, line), True):
            continue
        if not true:
            add(file, line, column, "true")
        if not false:
            add(file, line, column, "false")
    return sorted(found)


if __name__ == "__main__":
    for gap in gaps(read(sys.stdin, "allocator")):
        print(gap)
