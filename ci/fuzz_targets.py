"""What the fuzz targets say of themselves: each program answers --describe with JSON (see docs/engines.md), and no script keeps
a list of its own. For shell scripts:
  fuzz_targets.py flags PROGRAM      the flags that libFuzzer is started with, one a line
  fuzz_targets.py options PROGRAM    the same for a fuzzing cluster, as its file of options
  fuzz_targets.py needs PROGRAM      what the machine must have beside the program, one a line
  fuzz_targets.py layouts PROGRAM    the layouts of traces by their numbers, one a line
  fuzz_targets.py interrupted PROGRAM    the exit status by which it says that it was interrupted
"""

import functools
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


class NotDescribed(RuntimeError):
    """The program does not answer; the text says so in one line."""


def names():
    """Those there are sources of."""
    return sorted(path.stem.removeprefix("fuzz_") for path in (ROOT / "fuzz").glob("fuzz_*.cpp"))


def program(name, build="fuzz"):
    return ROOT / "build" / build / "fuzz" / f"fuzz_{name}"


@functools.lru_cache(maxsize=None)
def _answer(path, _changed):
    try:
        done = subprocess.run([path, "--describe"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False, timeout=60)
        return json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise NotDescribed(f"{path}: does not say what it is (--describe): {error}") from error


def describe(path):
    """What a built target says of itself. Raises NotDescribed."""
    path = pathlib.Path(path)
    if not path.exists():
        raise NotDescribed(f"{path}: no such program")
    return _answer(str(path), path.stat().st_mtime_ns)


def known(name, build="fuzz"):
    """The same by a target's name; None where that build has not made it."""
    try:
        return describe(program(name, build))
    except NotDescribed:
        return None


def flags(description, **other):
    """libFuzzer's flags: the limits, but for those of `other`, and the dictionary."""
    return [f"-{name}={value}" for name, value in (description["limits"] | other).items()] + dictionary_flag(description)


def dictionary_flag(description):
    path = dictionary(description)
    return [f"-dict={path}"] if path else []


def dictionary(description):
    return ROOT / "fuzz" / description["dictionary"] if description["dictionary"] else None


def cluster_options(description):
    return ["[libfuzzer]", *(f"{name} = {value}" for name, value in description["cluster_limits"].items())]


def main():
    answers = {"flags": flags, "options": cluster_options, "needs": lambda one: one["needs"], "layouts": lambda one: one["layouts"],
               "interrupted": lambda one: [one["statuses"]["interrupted"]]}
    if len(sys.argv) != 3 or sys.argv[1] not in answers:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print("".join(f"{line}\n" for line in answers[sys.argv[1]](describe(sys.argv[2]))), end="")
    except NotDescribed as error:
        print(f"fuzz_targets.py: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
