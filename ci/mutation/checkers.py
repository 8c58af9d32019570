"""The score of generated mutants of what judges: the checkers of invariants, the C interface, the oracles, the judges of a
run. The tests of their room must see each; all that one test program looks after lie in it, which chooses one when it
starts."""

import dataclasses
import json

from mutation import generated, schema, schemata, score as scores
from mutation.patches import Mutant
from mutation.reach import Reach
from mutation.tested import ALL_TESTS, CHECKERS, HARNESS, ROOMS, TELL_ALL, TestProgram
from mutation.unit_tests import program_of
from mutation.work import Report, in_parallel, tell

# Of the harness sources alone: a change of a header makes most of its test program anew.
FILES = {
    CHECKERS: lambda root: schemata.sources_in(root, ("allocator/invariants", "allocator/api")),
    HARNESS: lambda root: [file for file in schemata.sources_in(root, ("harness/oracles",)) if file.endswith(".cpp")] + [
        file for file in ("harness/run/judged_acts.cpp", "harness/run/judged_own.cpp", "harness/run/judged_subject.cpp",
                          "harness/subjects/debug_model.cpp", "harness/subjects/system_figures.cpp") if (root / file).exists()],
}


class Judged:
    """What one test program looks after."""

    def __init__(self, root, room, options):
        self.tests = TestProgram(root, room, options)
        self.name = room.target
        self.files = FILES[room](root)
        self.jobs = options.jobs
        self.folder = options.work / "checkers" / f"{options.seed}-{room.target}"

    def errors_of(self, numbered):
        made = schema.Schema(self.tests.root, numbered)
        files = {mutation.file for mutation in numbered.values()}
        _, said = self.tests.compile(made.mutant, files, self.folder, self.jobs, (*TELL_ALL, "-fsyntax-only"))
        return made.blamed(said) if said else None


@dataclasses.dataclass
class Row:
    mutant: Mutant
    test: str | None  # the first that fails
    cpu_seconds: float
    same_code: bool = False
    unit_test: str | None = None  # what hammering does not see: of these all is seen by tests

    @property
    def caught(self):
        return self.test is not None

    def as_json(self):
        return {"mutant": self.mutant.name, "wrong": self.mutant.wrong, "caught": self.caught, "test": self.test,
                "cpu_seconds": round(self.cpu_seconds, 3)}


def judged(part, program, names, numbered, options, report):
    """A row for each of the mutants that the program holds."""
    root = part.tests.root
    part.tests.demand_sound(program, ALL_TESTS, {schema.CHOSEN: "0"})
    numbers = list(numbered)
    sites = schema.Schema(root, numbered).sites
    reach = Reach(part.tests, program, ALL_TESTS, set(sites.values()), options.jobs)

    def row(number):
        mutation, chosen = numbered[number], {schema.CHOSEN: str(number)}
        wrong = f"{mutation.file}:{mutation.line}, {mutation.function}: {mutation.change}"
        spent, failed = 0.0, []
        for tests, cost in reach.portions(sites[number]):
            found = part.tests.judge(program, tests, chosen, part.tests.enough_for(cost))
            spent, failed = spent + found.cpu_seconds, found.failed
            if failed:
                break
        return Row(Mutant(names[number], wrong, "generated", ("*",), None), failed[0] if failed else None, spent)

    def told(_, row):
        return f"{row.mutant.name} {f'fails {row.test}' if row.caught else 'SURVIVES'}: {row.mutant.wrong}"

    in_parallel(options.jobs, numbers, row, told, lambda place, row: report.add(numbers[place], row))


def shown(options, draw, rows, verdicts, folder):
    if options.json:
        return json.dumps({"seed": options.seed, **draw.as_json(), "caught": len(verdicts.caught),
                           "explained": len(verdicts.explained), "same_code": len(verdicts.same_code),
                           "percent": round(verdicts.percent, 2), "patches": str(folder),
                           "rows": [verdicts.as_json(row) for row in rows]}, indent=2)
    return "\n".join([scores.table(["mutant", "what is wrong", "the first test that fails"],
                                   [[row.mutant.name, row.mutant.wrong, row.test or "–"] for row in rows]),
                      f"\n{draw.words()}", f"patches: {folder} (ci/mutants --harness {folder} --only NAME)", *verdicts.lines()])


def score(root, options):
    parts = [Judged(root, room, options) for room in ROOMS]
    reasons = generated.explanations(root)
    tell(f"drawing {options.generate} mutants")
    draw = schemata.Draw(root, parts, options)
    tell(draw.words())
    folder = options.work / f"generated-{options.seed}-harness"
    by_name = generated.write_patches(root, [mutation for _, mutation in draw.kept.values()], options.seed, folder)
    names = dict(zip(draw.kept, by_name))

    def text(rows):
        return shown(options, draw, rows, generated.Verdicts(rows, by_name, reasons), folder)

    with Report(options, text) as report:
        for part in parts:
            if draw.of(part):
                program, numbered = program_of(part.tests, draw.of(part), part.folder, options)
                judged(part, program, names, numbered, options, report)
        schemata.drop_same_code(root, {part: part.tests.sound for part in parts}, report, by_name, options)
    return generated.Verdicts(report.in_order(), by_name, reasons).status()
