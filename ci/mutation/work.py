"""What all ways of scoring share: the sound builds, work in parallel, and progress on standard error."""

import concurrent.futures
import shutil
import sys
import time

from mutation.errors import Trouble
from mutation.sound import Sound, run_quietly

NEEDED = {"cmake": "cmake", "ninja": "ninja-build", "patch": "patch", "clang++": "clang"}


def sound_build(root, preset, target, given=None):
    """The build folder of a preset (or the given one) with the sound `target` in it."""
    for command, package in NEEDED.items():
        if shutil.which(command) is None:
            raise Trouble(f"{command} is missing (Debian: {package}; ci/setup installs it)", status=3)
    folder = (given or root / "build" / preset).resolve()
    if not (folder / "build.ninja").exists():
        if given:
            raise Trouble(f"{folder}: no build folder of Ninja")
        tell(f"configuring {preset}")
        result = run_quietly(["cmake", "--preset", preset], cwd=root)
        if result.returncode != 0:
            raise Trouble(f"preset {preset} does not configure:\n{result.stdout[-2000:]}")
    tell(f"building the sound {target} in {folder}")
    sound = Sound(root, folder)
    sound.make(target)
    return sound


def tell(line):
    print(f"mutants: {line}", file=sys.stderr, flush=True)


def in_parallel(jobs, tasks, work, told):
    """work(task) for each task, `jobs` at a time, the results in the order of the tasks. told(task, result) is what
    progress says of one. The first trouble ends all."""
    results = [None] * len(tasks)
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(work, task): i for i, task in enumerate(tasks)}
        try:
            for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
                i = futures[future]
                results[i] = future.result()
                tell(f"{done} of {len(tasks)}, {time.monotonic() - begin:.0f} s: {told(tasks[i], results[i])}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results
