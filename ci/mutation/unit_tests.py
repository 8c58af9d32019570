"""Which survivors the allocator's own tests see. All of them lie in one test program, which chooses when it starts."""

from mutation import schema
from mutation.errors import Trouble
from mutation.harness import Units, judge
from mutation.patches import plant
from mutation.sound import run_quietly, with_objects
from mutation.work import in_parallel, sound_build, tell

TARGET = "allocator_tests"
PROGRAM = f"allocator/{TARGET}"
# Not those that run random programs for seconds: what they see is hammered.
TESTS = ("-MisusedProgram.*:DebuggedClient.*:DebugLayerOver/*:DebugLayer.AccusesNoCorrectProgram*:RandomRequests*:Published.*:"
         "PoisonedHeap.*:CorruptHeap*:EveryBit.*")
LIBRARY = "allocator/CMakeFiles/pymalloc.dir/"


def compile_words(sound, built, tree, target):
    words = sound.units()[built]
    source = words[-1].removeprefix(f"{sound.root}/")
    # A precompiled header holds for one optimisation alone.
    flags = ["-w", "-ferror-limit=0", "-fno-caret-diagnostics", *([] if "-include-pch" in words else ["-O0"])]
    return sound.words_for(source, tree, target, flags)


def program_of(root, sound, numbered, options):
    """The test program with those of the mutants that compile in it, and their numbers."""
    folder = options.work / "dev" / f"tests-{options.seed}"
    units = Units(sound, PROGRAM, LIBRARY)
    objects = units.touched_by({mutation.file for mutation in numbered.values()})
    targets = {built: folder / f"{place}.o" for place, built in enumerate(objects)}

    def errors_of(mutants):
        made = schema.Schema(root, mutants)
        tree = folder / "tree"
        plant(made.mutant, "allocator", root, tree)
        tell(f"compiling {len(objects)} units of {TARGET} with {len(mutants)} survivors")
        results = in_parallel(options.jobs, objects, lambda built: run_quietly(
            compile_words(sound, built, tree, targets[built]), cwd=sound.folder), None)
        said = "".join(result.stdout for result in results if result.returncode != 0)
        return made.blamed(said) if said else None

    kept = schema.compilable(numbered, errors_of)
    program = folder / TARGET
    result = run_quietly(with_objects(sound.link_command(PROGRAM), targets, program), shell=True, cwd=sound.folder)
    if result.returncode != 0:
        raise Trouble(f"{TARGET} does not link with the survivors:\n{result.stdout[:2000]}")
    return program, kept


def look(root, numbered, report, options):
    """Marks those survivors of the report that make a unit test fail."""
    numbered = {number: mutation for number, mutation in numbered.items()
                if number in report.rows and not report.rows[number].caught}
    if not numbered:
        return
    sound = sound_build(root, "dev", TARGET, options.build)
    program, numbered = program_of(root, sound, numbered, options)
    numbers = list(numbered)
    seconds = max(options.seconds, 120)

    def seen(number):
        found = judge(root, program, seconds, TESTS, {schema.CHOSEN: str(number)})
        return found.failed[0] if found.failed else None

    sound_failed = seen(0)
    if sound_failed:
        raise Trouble(f"the sound {TARGET}, built like a mutant, fails: {sound_failed}")

    def taken(place, test):
        row = report.rows[numbers[place]]
        row.unit_test = test
        report.add(numbers[place], row)

    def told(number, test):
        return f"{report.rows[number].mutant.name}: {f'{test} fails' if test else 'no unit test fails'}"

    in_parallel(options.jobs, numbers, seen, told, taken)
