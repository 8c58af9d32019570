"""Bugs planted in the harness: its own tests must fail."""

import dataclasses
import json
import os
import re
import shlex

from mutation import score as scores
from mutation.drive import run_limited, temporary_folder
from mutation.errors import Trouble
from mutation.patches import patched_files, plant
from mutation.planted import usable_patches
from mutation.sound import digest_of, remember, run_quietly, up_to_date, with_objects, with_output, with_tree_first
from mutation.work import Report, in_parallel, sound_build, tell

PROGRAM = "harness_tests"
# The recorder looks for its library beside the program, which is elsewhere now.
ALL_TESTS = "-Recorder.*"


@dataclasses.dataclass
class Verdict:
    failed: list  # tests, in their order
    cpu_seconds: float


class Units:
    """The translation units of the test program, and the headers that each includes."""

    def __init__(self, sound, program, library=None):
        """`library`: the folder of the objects of an archive that the program is made from, too."""
        self.sound = sound
        link = sound.link_command(program)
        objects = [word for word in shlex.split(link) if word.endswith(".o")]
        objects += [built for built in sound.units() if library and built.startswith(library)]
        self.objects = [built for built in objects if built in sound.units()]
        self.includes = {}
        told = run_quietly(["ninja", "-C", str(sound.folder), "-t", "deps", *self.objects])
        built = None
        for line in told.stdout.splitlines():
            if line and not line.startswith(" "):
                built = line.split(":")[0]
                self.includes[built] = set()
            elif built and line.strip():
                # A compiler cache may have made it relative.
                self.includes[built].add(os.path.normpath(sound.folder / line.strip()))

    def touched_by(self, files):
        """The objects that are made from any of the files, paths from the root."""
        paths = {str(self.sound.root / file) for file in files}
        chosen = []
        for built in self.objects:
            source = self.sound.units()[built][-1]
            if source in paths or self.includes.get(built, set()) & paths:
                chosen.append(built)
        return chosen


def build(sound, units, program, mutant, folder):
    """The test program with the mutant's bug."""
    files = patched_files(mutant)
    objects = units.touched_by(files)
    if not objects:
        raise Trouble(f"{mutant.name}: {program} is not made from {' '.join(files)}")
    tree = folder / "tree"
    target = folder / PROGRAM
    key = digest_of(mutant.path.read_text(encoding="utf-8"), sound.link_command(program),
                    str((sound.folder / program).stat().st_mtime_ns))
    if up_to_date(target, key):
        return target
    plant(mutant, "harness", sound.root, tree)
    replaced = {}
    for number, built in enumerate(objects):
        words = sound.units()[built]
        source = str(tree / str(words[-1]).removeprefix(f"{sound.root}/")) if words[-1].startswith(
            f"{sound.root}/harness/") else words[-1]
        replaced[built] = folder / f"{number}.o"
        words = with_output(with_tree_first(words[:-1] + [source], tree), replaced[built]) + ["-w"]
        if "-include-pch" not in words:  # which holds for one optimisation alone
            words.append("-O0")
        result = run_quietly(words, cwd=sound.folder)
        if result.returncode != 0:
            raise Trouble(f"{mutant.name}: does not compile:\n{result.stdout[:2000]}")
    result = run_quietly(with_objects(sound.link_command(program), replaced, target), shell=True, cwd=sound.folder)
    if result.returncode != 0:
        raise Trouble(f"{mutant.name}: does not link:\n{result.stdout[:2000]}")
    remember(target, key)
    return target


def judge(root, program, seconds, tests=ALL_TESTS, environment=None):
    """The tests that fail, of a filter of GoogleTest. One that dies or does not end is the last that was begun."""
    with temporary_folder() as folder:
        ended = run_limited([str(program), "--gtest_color=no", "--gtest_fail_fast", f"--gtest_filter={tests}"], seconds, folder,
                            environment, root)
    failed = []
    for line in ended.output.splitlines():
        match = re.match(r"\[  FAILED  \] (\S+?)[,.]?(?: \(.*| where .*)?$", line)
        if match and "." in match[1] and match[1] not in failed:
            failed.append(match[1])
    if ended.status not in (0, 1) or (ended.status == 1 and not failed):
        begun = re.findall(r"^\[ RUN      \] (\S+)", ended.output, re.MULTILINE)
        if not begun:
            raise Trouble(f"{program}: status {ended.status} before the first test: {ended.errors[-300:]}")
        failed.append(begun[-1])
    return Verdict(failed, ended.cpu_seconds)


def tested(file):
    return file.startswith("harness/") and not file.endswith("_test.cpp")


def complaints(rows):
    wrong = []
    for mutant, found in rows:
        if not found.failed:
            wrong.append(f"{mutant.name}: no test fails")
        elif not any(mutant.names(test) for test in found.failed):
            wrong.append(f"{mutant.name}: {found.failed[0]} fails, none that its header names "
                         f"({' | '.join(mutant.caught_by)})")
    return wrong


def score(root, options):
    mutants, troubles = usable_patches(root, options.dir or root / "mutants" / "harness", options, tested)
    if not mutants:
        return 2
    sound = sound_build(root, "dev", PROGRAM, options.build)
    program = "harness/" + PROGRAM
    verdict = judge(root, sound.folder / program, options.seconds)
    if verdict.failed:
        raise Trouble(f"the sound {PROGRAM} fails already: {verdict.failed[0]}")
    units = Units(sound, program)
    tell(f"{len(mutants)} bugs in the harness, under {PROGRAM}")

    def work(mutant):
        built = build(sound, units, program, mutant, options.work / "harness" / mutant.name)
        # The tests that should fail, first: all of them take longer than building the mutant.
        named = judge(root, built, options.seconds, ":".join(mutant.caught_by))
        return mutant, named if named.failed else judge(root, built, options.seconds)

    def told(mutant, row):
        return f"{mutant.name} fails {row[1].failed[0]}" if row[1].failed else f"{mutant.name} SURVIVES"

    def text(rows):
        wrong = complaints(rows)
        if options.json:
            return json.dumps({"rows": [{"mutant": mutant.name, "wrong": mutant.wrong, "failed": found.failed,
                                         "cpu_seconds": round(found.cpu_seconds, 3)} for mutant, found in rows],
                               "complaints": wrong}, indent=2)
        caught = sum(1 for _, found in rows if found.failed)
        return "\n".join([scores.table(["mutant", "what is wrong", "the first test that fails"],
                                       [[mutant.name, mutant.wrong, found.failed[0] if found.failed else "–"]
                                        for mutant, found in rows]),
                          f"\n{caught} of {len(rows)} make a test of the harness fail", *wrong])

    with Report(options, text) as report:
        results = in_parallel(options.jobs, mutants, work, told, report.add)
    troubles += [result for result in results if isinstance(result, Trouble)]
    return 2 if troubles else 1 if complaints(report.in_order()) else 0
