"""Runs each program of ci/programs plain and under the library, compares what it leaves, and prints a Markdown table."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAMS = pathlib.Path(__file__).parent / "programs"
SECONDS_AT_MOST = 300


class Missing(Exception):
    """The machine lacks something."""


@dataclasses.dataclass(frozen=True)
class Program:
    path: pathlib.Path
    packages: str  # Debian's
    check_every: int  # operations between two checks of the whole heap
    quick: bool  # whether the selection for every push has it
    needs: str  # a variable of the environment, or nothing

    @staticmethod
    def read(path: pathlib.Path) -> Program:
        head = dict(re.findall(r"^# (packages|check|quick|needs): (.+)$", path.read_text(), re.MULTILINE))
        return Program(path, head["packages"], int(head["check"]), head.get("quick") != "no", head.get("needs", ""))

    @property
    def name(self) -> str:
        return self.path.name


@dataclasses.dataclass(frozen=True)
class Run:
    seconds: float
    results: dict[str, bytes]  # the exit status, both streams, and every file in kept/, by name
    processes: list[dict]  # what the library said about each, if it was there


def run(program: Program, scratch: pathlib.Path, environment: dict[str, str]) -> Run:
    """Runs a program in a fresh folder, which has the same name every time."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    statistics = scratch.with_name("statistics")
    statistics.unlink(missing_ok=True)
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(scratch), "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb"}
    env |= {"PROGRAMS": str(PROGRAMS), "TMPDIR": str(scratch)} | environment
    if program.needs:
        env[program.needs] = os.environ[program.needs]
    begin = time.monotonic()
    process = subprocess.Popen([program.path], cwd=scratch, env=env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        output, errors = process.communicate(timeout=SECONDS_AT_MOST)
        status = str(process.returncode)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, errors = process.communicate()
        status = f"none after {SECONDS_AT_MOST} s"
    seconds = time.monotonic() - begin
    results = {"exit status": status.encode(), "standard output": output, "standard error": errors}
    for file in sorted(scratch.glob("kept/**/*")):
        if file.is_file():
            results[str(file.relative_to(scratch))] = file.read_bytes()
    lines = statistics.read_text().splitlines() if statistics.exists() else []
    return Run(seconds, results, [json.loads(line) for line in lines])


def in_words(result: bytes | None) -> str:
    """The first lines of a result."""
    if result is None:
        return "nothing"
    text = result[:400].decode("ascii", errors="backslashreplace")
    return "".join(f"\n    {line}" for line in text.splitlines()[:6]) or "nothing"


def difference(name: str, before: bytes | None, after: bytes | None) -> str:
    """The place where two results part: files by the byte, texts by the line."""
    common = len(os.path.commonprefix([before or b"", after or b""]))
    if name.startswith("kept/") and before is not None and after is not None:
        return f"{name} differs: {len(before)} bytes plain, {len(after)} under the library, the same up to byte {common}"
    line = (before or after or b"").rfind(b"\n", 0, common) + 1
    rest = [None if result is None else result[line:] for result in (before, after)]
    return f"{name} differs\n  plain:{in_words(rest[0])}\n  under the library:{in_words(rest[1])}"


def complaints(plain: Run, ours: Run) -> list[str]:
    """What a run under the library did otherwise, or wrongly."""
    found = [f"{process['program']}: damaged heap: {process['damage']}" for process in ours.processes if "damage" in process]
    for name in sorted(plain.results.keys() | ours.results.keys()):
        before, after = plain.results.get(name), ours.results.get(name)
        if before != after:
            found.append(difference(name, before, after))
    if not any(process["small_allocations"] for process in ours.processes):
        found.append("no process said that it allocated under the library")
    return found


def total(processes: list[dict], figure: str) -> int:
    return sum(process[figure] for process in processes)


def grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")


@dataclasses.dataclass(frozen=True)
class Verdict:
    row: str  # of the table
    wrong: list[str]  # what differs, or is damaged
    processes: list[dict]  # of the checked run


def judge(program: Program, work: pathlib.Path, library: str) -> Verdict:
    scratch = work / "scratch"
    plain = run(program, scratch, {})
    if plain.results["exit status"] != b"0":
        raise Missing(f"{program.name} fails by itself (Debian packages: {program.packages}): "
                      f"exit status {plain.results['exit status'].decode()}{in_words(plain.results['standard error'])}")
    preload = {"LD_PRELOAD": library, "PYMALLOC_STATS": str(work / "statistics")}
    unchecked = run(program, scratch, preload)
    checked = run(program, scratch, preload | {"PYMALLOC_CHECK": str(program.check_every)})
    found = complaints(plain, unchecked) + [f"checked: {one}" for one in complaints(plain, checked)]
    processes = checked.processes
    if not found and total(processes, "checks") == 0:
        found.append("no check was made")
    small, large = total(processes, "small_allocations"), total(processes, "large_allocations")
    arenas = max((process["heap"]["arena_events"]["most"] for process in processes if "heap" in process), default=0)
    cells = [program.name, "**no**" if found else "yes", grouped(len(processes)), grouped(small + large),
             f"{100 * small / max(small + large, 1):.0f} %", grouped(arenas), grouped(program.check_every),
             grouped(total(processes, "checks")), f"{plain.seconds:.2f} s", f"{unchecked.seconds / plain.seconds:.2f}",
             f"{checked.seconds / plain.seconds:.2f}"]
    return Verdict("| " + " | ".join(cells) + " |", found, processes)


def summary(verdicts: list[Verdict], seconds: float) -> str:
    processes = [process for verdict in verdicts for process in verdict.processes]
    allocations = total(processes, "small_allocations") + total(processes, "large_allocations")
    return (f"{len(verdicts)} programs: {sum(1 for verdict in verdicts if verdict.wrong)} differ; "
            f"{grouped(allocations)} allocations and {grouped(total(processes, 'checks'))} checks of all invariants in "
            f"{grouped(len(processes))} processes, {sum('damage' in process for process in processes)} damaged heaps; "
            f"{seconds:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(prog="ci/real-programs", allow_abbrev=False)
    parser.add_argument("--library", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    programs = {path.name: path for path in sorted(PROGRAMS.iterdir()) if path.suffix == ""}
    for name in options.names:
        if name not in programs:
            print(f"ci/real-programs: no program '{name}'; there are {', '.join(programs)}", file=sys.stderr)
            return 2
    chosen = [Program.read(programs[name]) for name in options.names or programs]
    print("| program | same | processes | allocations | small | arenas at most | check every | checks | plain | unchecked, ratio | checked, ratio |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    verdicts: list[Verdict] = []
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="real-programs-") as work:
        for program in chosen:
            if options.quick and not program.quick:
                continue
            verdict = judge(program, pathlib.Path(work), options.library)
            print(verdict.row, flush=True)
            for one in verdict.wrong:
                print(f"{program.name}: {one}", file=sys.stderr)
            verdicts.append(verdict)
    print(f"\n{summary(verdicts, time.monotonic() - begin)}", flush=True)
    return 1 if any(verdict.wrong for verdict in verdicts) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Missing as missing:
        print(f"ci/real-programs: {missing}", file=sys.stderr)
        sys.exit(3)
