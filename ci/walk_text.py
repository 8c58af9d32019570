"""Reads commands and their output from a page, and compares the output with that of a run."""

import dataclasses
import re

ANYTHING = "..."
FINDING_NAME = re.compile(r"finding-[0-9a-f]{16}")
# What differs from run to run, or grows with the corpus: times, rates and counts of what an engine did.
COUNTS = re.compile(r"^(Executions|Operations|States seen|Corpus|build \w+: done in|fuzz: \w+ for) ?.*")


@dataclasses.dataclass
class Step:
    command: str
    output: list  # lines; "..." stands for any number of them
    place: int  # the line of the page that the command stands in, from 1

    def status(self):
        """A command that shows a finding ends with 1, any other with 0."""
        return 1 if any(line.startswith("FINDING:") for line in self.output) else 0


def section(page, heading):
    """First and last line (indices; the last is not in it) of the section under `## heading`; None where there is none."""
    lines = page.splitlines()
    try:
        first = lines.index(f"## {heading}")
    except ValueError:
        return None
    last = next((i for i in range(first + 1, len(lines)) if lines[i].startswith("## ")), len(lines))
    return first, last


def steps(page, heading):
    """The commands of the section's code blocks (lines that begin with "$ ") and the lines that follow each."""
    found, bounds = [], section(page, heading)
    if bounds is None:
        return found
    in_block = False
    for number, line in list(enumerate(page.splitlines(), 1))[slice(*bounds)]:
        if line.startswith("```"):
            in_block = not in_block
        elif in_block and line.startswith("$ "):
            found.append(Step(line[2:], [], number))
        elif in_block and found:
            found[-1].output.append(line)
    return found


def masked(line):
    """The line without what differs from run to run."""
    counted = COUNTS.match(line)
    return FINDING_NAME.sub("finding-NAME", counted[1] if counted else line.rstrip())


def same(expected, actual):
    """Whether the lines of a run are those of the page, of which "..." stands for any number."""
    if not expected:
        return not actual
    if expected[0] == ANYTHING:
        return any(same(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    return bool(actual) and masked(expected[0]) == masked(actual[0]) and same(expected[1:], actual[1:])
