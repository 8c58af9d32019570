#!/usr/bin/env python3
"""source_coverage.py --corpus DIR --targets T,... --since TIME --json FILE: which lines and branches of allocator/ the corpora of a
night reach, by the time of their files. DIR/T is the corpus of target T; what is older than TIME, and the seeds, are the first point.

Builds the targets with clang's source coverage in build/coverage-targets. FILE is whole after every point. Exit status: 0, 2 bad usage,
3 the machine lacks something.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import command_line  # noqa: E402, its place is known only now
import engine_builds  # noqa: E402
from night import files  # noqa: E402

POINTS = 12
FILES_A_RUN = 200  # few enough that an input which kills the process costs the others little
BUILD = engine_builds.ROOT / "build" / "coverage-targets"
FLAGS = [*engine_builds.COMMON, "-DCMAKE_C_COMPILER=clang", "-DCMAKE_CXX_COMPILER=clang++", "-DPOOLHAMMER_COVERAGE=ON"]


def tool(name):
    """clang 14's, of Debian's package llvm-14: the format of profiles changes with the version."""
    return shutil.which(f"{name}-14") or f"/usr/lib/llvm-14/bin/{name}"


def build(targets):
    """Builds those of the targets that need no worker, which runs other allocators than ours; their names."""
    try:
        engine_builds.run(["cmake", "-G", "Ninja", "-S", str(engine_builds.ROOT), "-B", str(BUILD), *FLAGS])
        able = [name for name in targets if engine_builds.has(BUILD, name)]
        engine_builds.run(["nice", "-n", "10", "cmake", "--build", str(BUILD), "--target", *(f"fuzz_{name}" for name in able)])
        return able
    except engine_builds.BuildFailed as error:
        print("\n".join(str(error).splitlines()[-5:]), file=sys.stderr)
        print("ci/nightly: the targets do not build with source coverage", file=sys.stderr)
        sys.exit(3)


def bins(times, since, points):
    """Ends of `points` equal spans from `since` to the newest time; the first end is `since` itself."""
    last = max([since + 1, *times])
    return [since + (last - since) * number / (points - 1) for number in range(points)]


def slices(corpus, target, ends):
    """The inputs of a target for each end: those that are older than it, and not older than the end before."""
    found = [[] for _ in ends]
    for folder in (engine_builds.ROOT / "corpus" / target, engine_builds.ROOT / "corpus" / "regressions"):
        found[0] += files.files_of(folder)
    for path in files.files_of(corpus / target):
        try:
            time = path.stat().st_mtime
        except FileNotFoundError:
            continue
        found[next((number for number, end in enumerate(ends) if time <= end), len(ends) - 1)].append(path)
    return found


def replay(target, paths, room, number):
    """Runs inputs in the build with coverage; each run leaves a profile."""
    for first in range(0, len(paths), FILES_A_RUN):
        environment = os.environ | {"LLVM_PROFILE_FILE": str(room / f"{number}-{target}-{first}-%p.profraw")}
        subprocess.run([BUILD / "fuzz" / f"fuzz_{target}", *(path.absolute() for path in paths[first:first + FILES_A_RUN])], cwd=room, env=environment,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def merged(room, number, before):
    """All profiles up to this point as one file; None where there is none."""
    parts = [path for path in room.glob(f"{number}-*.profraw") if path.stat().st_size]
    if not parts:
        return before
    made = room / f"{number}.profdata"
    done = subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-failure-mode=all", "-o", made, *parts, *([before] if before else [])],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    for path in parts:
        path.unlink()
    return made if done.returncode == 0 else before


def reached(profile, targets):
    """Lines and branches of allocator/, reached and all."""
    programs = [BUILD / "fuzz" / f"fuzz_{name}" for name in targets]
    others = [word for program in programs[1:] for word in ("-object", program)]
    done = subprocess.run([tool("llvm-cov"), "export", "-summary-only", f"-instr-profile={profile}", programs[0], *others, engine_builds.ROOT / "allocator"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        print(f"ci/nightly: llvm-cov: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'it said nothing'}", file=sys.stderr)
        sys.exit(3)
    sums = json.loads(done.stdout)["data"][0]["totals"]
    return {name: sums[name]["covered"] for name in ("lines", "branches")} | {f"all_{name}": sums[name]["count"] for name in ("lines", "branches")}


def main():
    parser = command_line.Parser(prog="source_coverage.py", description=__doc__)
    parser.add_argument("--corpus", type=pathlib.Path, required=True)
    parser.add_argument("--targets", required=True)
    parser.add_argument("--since", type=float, required=True)
    parser.add_argument("--json", type=pathlib.Path, required=True)
    chosen = parser.parse_args()
    for program, package in (("clang++", "clang"), ("cmake", "cmake"), ("ninja", "ninja-build"), (tool("llvm-cov"), "llvm-14"),
                             (tool("llvm-profdata"), "llvm-14")):
        if shutil.which(program) is None:
            print(f"ci/nightly: needs {pathlib.Path(program).name} (Debian: {package})", file=sys.stderr)
            return 3
    targets = build(chosen.targets.split(","))
    times = [path.stat().st_mtime for name in targets for path in files.files_of(chosen.corpus / name)]
    ends = bins(times, chosen.since, POINTS)
    todo = {name: slices(chosen.corpus, name, ends) for name in targets}
    points, profile = [], None
    with tempfile.TemporaryDirectory(prefix="night-coverage-") as name:
        room = pathlib.Path(name)
        for number, end in enumerate(ends):
            for target in targets:
                replay(target, todo[target][number], room, number)
            profile = merged(room, number, profile)
            if profile:
                points.append({"at": round(end - chosen.since, 1), "inputs": sum(len(todo[target][number]) for target in targets)} | reached(profile, targets))
                files.write_json(chosen.json, {"since": chosen.since, "targets": targets, "points": points})
    if points:
        print(f"{points[0]['lines']} lines of {points[0]['all_lines']} at first, {points[-1]['lines']} in the end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
