"""What all ways of scoring share: the sound builds, work in parallel, progress on standard error, and the result as it
grows."""

import concurrent.futures
import shutil
import sys
import time

from mutation import running
from mutation.errors import Trouble
from mutation.sound import Sound, run_quietly
from night import files

NEEDED = {"cmake": "cmake", "ninja": "ninja-build", "patch": "patch", "clang++": "clang"}


def sound_build(root, preset, target, given=None, of_units=False):
    """The build folder of a preset (or the given one) with the sound `target` in it. `of_units`: every source is compiled
    alone, so that each can be replaced; a preset may take several together."""
    for command, package in NEEDED.items():
        if shutil.which(command) is None:
            raise Trouble(f"{command} is missing (Debian: {package}; ci/setup installs it)", status=3)
    folder = (given or root / "build" / (f"{preset}-units" if of_units else preset)).resolve()
    if not (folder / "build.ninja").exists():
        if given:
            raise Trouble(f"{folder}: no build folder of Ninja")
        tell(f"configuring {preset}")
        alone = ["-B", str(folder), "-DPOOLHAMMER_UNITY=OFF"] if of_units else []
        result = run_quietly(["cmake", "--preset", preset, *alone], cwd=root)
        if result.returncode != 0:
            raise Trouble(f"preset {preset} does not configure:\n{result.stdout[-2000:]}")
    tell(f"building the sound {target} in {folder}")
    sound = Sound(root, folder)
    sound.make(target)
    return sound


def tell(line):
    print(f"mutants: {line}", file=sys.stderr, flush=True)


def complain(trouble):
    print(f"ci/mutants: {trouble}", file=sys.stderr, flush=True)


def in_parallel(jobs, tasks, work, told, taken=None):
    """work(task) for each task, `jobs` at a time, the results in the order of the tasks. told(task, result) is what
    progress says of one, and taken(number, result) gets it when it is known. Trouble with one task is said and is its
    result; what the machine lacks ends all."""
    results = [None] * len(tasks)
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(work, task): i for i, task in enumerate(tasks)}
        try:
            for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
                i = futures[future]
                try:
                    results[i] = future.result()
                except Trouble as trouble:
                    if trouble.status != 2:
                        raise
                    results[i] = trouble
                    complain(trouble)
                    continue
                if taken:
                    taken(i, results[i])
                if told:
                    tell(f"{done} of {len(tasks)}, {time.monotonic() - begin:.0f} s: {told(tasks[i], results[i])}")
        except BaseException:
            running.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return results


class Report:
    """The result as it grows: a file that is whole at every moment, and standard output at the end, an early one included.
    `text(rows)` makes it of the rows in the order of their places."""

    def __init__(self, options, text):
        self.path = options.output or options.work / ("scores.json" if options.json else "scores.md")
        self.make = text
        self.rows = {}

    def add(self, place, row):
        self.rows[place] = row
        self.write()

    def write(self):
        files.write(self.path, self.text() + "\n")

    def text(self):
        return self.make(self.in_order())

    def in_order(self):
        return [self.rows[place] for place in sorted(self.rows)]

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        if self.rows:
            print(self.text(), flush=True)
        if self.rows and kind:
            tell(f"ended early: {len(self.rows)} rows are known, and stand in {self.path}")
