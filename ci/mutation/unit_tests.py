"""Which survivors the allocator's own tests see. All of them lie in one test program, which chooses when it starts."""

from mutation import schema
from mutation.tested import ALLOCATOR, TELL_ALL, TestProgram
from mutation.work import in_parallel, tell

# Not those that run random programs for seconds: what they see is hammered.
TESTS = ("-MisusedProgram.*:DebuggedClient.*:DebugLayerOver/*:DebugLayer.AccusesNoCorrectProgram*:RandomRequests*:Published.*:"
         "PoisonedHeap.*:CorruptHeap*:EveryBit.*")


def program_of(tests, numbered, folder, options):
    """The test program with those of the mutants that compile in it, and their numbers."""
    targets = {}

    def errors_of(mutants):
        made = schema.Schema(tests.root, mutants)
        files = {mutation.file for mutation in mutants.values()}
        tell(f"compiling {len(tests.units.touched_by(files))} units of {tests.room.target} with {len(mutants)} mutants")
        targets.clear()
        compiled, said = tests.compile(made.mutant, files, folder, options.jobs, TELL_ALL)
        targets.update(compiled)
        return made.blamed(said) if said else None

    kept = schema.compilable(numbered, errors_of)
    program = folder / tests.room.target
    tests.link("all mutants", targets, program)
    return program, kept


def look(root, numbered, report, options):
    """Marks those survivors of the report that make a unit test fail."""
    numbered = {number: mutation for number, mutation in numbered.items()
                if number in report.rows and not report.rows[number].caught}
    if not numbered:
        return
    tests = TestProgram(root, ALLOCATOR, options)
    program, numbered = program_of(tests, numbered, options.work / "dev" / f"tests-{options.seed}", options)
    numbers = list(numbered)
    tests.demand_sound(program, TESTS, {schema.CHOSEN: "0"})

    def seen(number):
        found = tests.judge(program, TESTS, {schema.CHOSEN: str(number)})
        return found.failed[0] if found.failed else None

    def taken(place, test):
        row = report.rows[numbers[place]]
        row.unit_test = test
        report.add(numbers[place], row)

    def told(number, test):
        return f"{report.rows[number].mutant.name}: {f'{test} fails' if test else 'no unit test fails'}"

    in_parallel(options.jobs, numbers, seen, told, taken)
