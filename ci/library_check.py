"""What ci/conformance and ci/libraries share: a run of `poolhammer check` with its costs, and what is reported of its findings."""

from __future__ import annotations

import json
import pathlib
import re
import resource
import subprocess
import time

VERDICTS = ("kept", "broken", "absent", "untried")


class Trouble(Exception):
    """Ends the command: a line of words and an exit status."""

    def __init__(self, message: str, status: int):
        super().__init__(message)
        self.status = status


def first_finding(notices: str) -> float | None:
    """Seconds from the start to the first finding, by what the command says as it finds: each such line ends in "(12.3 s)"."""
    found = re.search(r"\((\d+\.\d+) s\)$", notices, re.MULTILINE)
    return float(found[1]) if found else None


def check(command: pathlib.Path, library: str, artifacts: pathlib.Path, options: list[str], prefix: list[str] | None = None) -> dict:
    """The report of a library with what it cost: "seconds" of the clock, "cpu" of processor, "first" finding's seconds (or None).

    `prefix` stands before the command (taskset). A library that cannot be checked is a Trouble of status 3."""
    start = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([*(prefix or []), command, "check", library, "--json", "--artifacts", artifacts, *options], capture_output=True, text=True,
                           check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in (0, 1):
        words = (ended.stderr.strip().splitlines() or ["said nothing"])[-1]
        raise Trouble(words, 3)
    result = json.loads(ended.stdout)
    result["seconds"] = time.monotonic() - start
    result["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result["first"] = first_finding(ended.stderr)
    return result


def tally(result: dict) -> dict[str, int]:
    """How many clauses have each verdict."""
    return {verdict: sum(1 for clause in result["clauses"] if clause["verdict"] == verdict) for verdict in VERDICTS}


def call(finding: dict) -> str:
    """The guilty call, in words."""
    return f"{finding['function']}({finding['arguments']})" + (f" of {finding['block']}" if finding["block"] else "")


def note(notes: dict[str, str], clause: dict, finding: dict) -> str:
    """What was written by hand of a finding: by its clause and function, or by its clause."""
    return notes.get(f"{clause['id']} {finding['function']}", notes.get(clause["id"], "Not yet looked up."))
