"""Bugs planted in the harness and in the checkers of the allocator: the tests of their room must fail."""

import json

from mutation import score as scores
from mutation.errors import Trouble
from mutation.patches import patched_files
from mutation.planted import usable_patches
from mutation.sound import digest_of, remember, up_to_date
from mutation.tested import ROOMS, TestProgram
from mutation.work import Report, in_parallel, tell


def room_of(mutant):
    files = patched_files(mutant)
    room = next((room for room in ROOMS if all(room.tests(file) for file in files)), None)
    if room is None:
        raise Trouble(f"{mutant.name}: changes files that no one test program looks after: {' '.join(files)}")
    return room


def tested(file):
    return any(room.tests(file) for room in ROOMS)


def build(tests, mutant, folder):
    """The test program with the mutant's bug."""
    target = folder / tests.room.target
    key = digest_of(mutant.path.read_text(encoding="utf-8"), tests.sound.link_command(tests.room.program),
                    str(tests.path.stat().st_mtime_ns))
    if up_to_date(target, key):
        return target
    targets, said = tests.compile(mutant, patched_files(mutant), folder)
    if said:
        raise Trouble(f"{mutant.name}: does not compile:\n{said[:2000]}")
    tests.link(mutant.name, targets, target)
    remember(target, key)
    return target


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
    programs = {room: TestProgram(root, room, options) for room in sorted({room_of(mutant) for mutant in mutants},
                                                                          key=ROOMS.index)}
    for tests in programs.values():
        tests.demand_sound(tests.path)
    tell(f"{len(mutants)} bugs in the harness, under {' and '.join(room.target for room in programs)}")

    def work(mutant):
        tests = programs[room_of(mutant)]
        built = build(tests, mutant, options.work / "harness" / mutant.name)
        # The tests that should fail, first: all of them take longer than building the mutant.
        named = tests.judge(built, ":".join(mutant.caught_by))
        return mutant, named if named.failed else tests.judge(built)

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
