"""The score of generated mutants that share a program: see schema.py. What a mutant costs is its run."""

import argparse
import random

from mutation import generated, operators, planted, schema, score as scores, unit_tests
from mutation.errors import Trouble
from mutation.hard import Keeper
from mutation.patches import Mutant
from mutation.sound import HOME, SCHEMA_FLAGS, SYSTEM
from mutation.wider_operators import WIDER
from mutation.work import Report, in_parallel, tell

# Which files each driver runs. That of the C interface is run by its unit tests alone.
AROUND = ("allocator/domains", "allocator/debug", "allocator/statistics")


def sources_in(root, folders):
    return sorted(str(path.relative_to(root)) for folder in folders for path in (root / folder).iterdir()
                  if path.suffix in (".hpp", ".cpp") and not path.stem.endswith("_test"))


# Further functions that a schema cannot or need not change, with the reason: reviewed by hand.
EXCLUDED_FUNCTIONS = {
    "counters_are_wide_enough": "asked by the compiler alone",
    "counts_to": "asked by the compiler alone",
    "covers_all_addresses": "asked by the compiler alone",
    "node_bytes": "asked by subjects that build a map of their own",
}


class Hammered:
    """What one driver runs."""

    def __init__(self, root, driver, sound, options):
        self.root, self.driver, self.sound = root, driver, sound
        self.name = driver.name
        self.files = (sources_in(root, AROUND) if driver.name == "system" else
                      [f"allocator/{file}" for file in generated.FILES])
        self.folder = options.work / driver.preset / f"check-{driver.name}"

    def errors_of(self, numbered):
        made = schema.Schema(self.root, numbered)
        said = self.sound.errors_of(made.mutant, self.driver.sources, self.folder)
        return None if said is None else made.blamed(said)


class Draw:
    """The first mutations of a seed's order that compile in one program, for each of its parts, by their numbers. A part
    has a `name`, its `files` and errors_of(numbered), which schema.compilable asks."""

    def __init__(self, root, parts, options):
        self.root = root
        self.sources = {}
        found = [(part, mutation) for part in parts for file in part.files
                 for mutation in operators.mutations_of(file, self.source_of(file).text, WIDER)]
        self.candidates = len(found)
        possible = [pair for pair in found if schema.choosable(self.source_of, [pair[1]])]
        random.Random(options.seed).shuffle(possible)
        possible = [pair for pair in possible if pair[1].function not in EXCLUDED_FUNCTIONS]
        self.outside = len(found) - len(possible)
        possible = list(enumerate(possible, 1))
        self.kept, self.uncompiled, at = {}, 0, 0
        while len(self.kept) < options.generate and at < len(possible):
            # A third more than are wanted: about as many do not compile.
            wanted = options.generate - len(self.kept)
            batch = possible[at:at + wanted + wanted // 3 + 1]
            at += len(batch)
            for part in parts:
                mine = [(number, mutation) for number, (of, mutation) in batch if of is part]
                good = self.compiled(part, mine)
                self.uncompiled += len(mine) - len(good)
                self.kept.update((number, (part, mutation)) for number, mutation in good.items())
        self.kept = dict(sorted(self.kept.items())[:options.generate])

    def source_of(self, file):
        if file not in self.sources:
            self.sources[file] = operators.Source(file, (self.root / file).read_text(encoding="utf-8"))
        return self.sources[file]

    @staticmethod
    def compiled(part, mine):
        def errors_of(numbered):
            tell(f"drawing: checking {len(numbered)} mutants of {part.name} in one program")
            return part.errors_of(numbered)

        return schema.compilable(mine, errors_of)

    def of(self, part):
        return {number: mutation for number, (its, mutation) in self.kept.items() if its is part}

    def as_json(self):
        return {"candidates": self.candidates, "outside": self.outside, "uncompiled": self.uncompiled}

    def words(self):
        return (f"{len(self.kept)} mutants of {self.candidates} possible; left out: {self.outside} that no program can choose; "
                f"{self.uncompiled} of those drawn, which do not compile")


def drivers_of(options):
    """That which was asked for; else each for what it runs."""
    if options.driver:
        return planted.drivers_of(options)
    return [driver for name in ("run", "system")
            for driver in planted.drivers_of(argparse.Namespace(**{**vars(options), "driver": name}))]


def score(root, options):
    drivers = drivers_of(options)
    sounds = {driver: planted.built_for(root, options, driver) for driver in drivers}
    reasons = generated.explanations(root)
    tell(f"drawing {options.generate} mutants")
    parts = {driver: Hammered(root, driver, sound, options) for driver, sound in sounds.items()}
    draw = Draw(root, list(parts.values()), options)
    tell(draw.words())
    folder = options.work / f"generated-{options.seed}"
    by_name = generated.write_patches(root, [mutation for _, mutation in draw.kept.values()], options.seed, folder)
    names = dict(zip(draw.kept, by_name))
    if options.baselines:
        driver, sound = next(iter(sounds.items()))
        program = Program(root, sound, driver, draw.of(parts[driver]), names, options)
        planted.compare_oracles(options, program.hammer_with)
        return 0

    def text(rows):
        return generated.shown(options, draw.as_json(), draw.words(), rows, generated.Verdicts(rows, by_name, reasons), folder)

    with Report(options, text) as report:
        programs = [Program(root, sound, driver, draw.of(parts[driver]), names, options) for driver, sound in sounds.items()]
        for program in programs:
            program.hammer(list(program.numbered), report)
        if options.unit_tests:  # what they see is other code
            unit_tests.look(root, {number: mutation for number, (_, mutation) in draw.kept.items()
                                   if mutation.identity not in reasons}, report, options)
        drop_same_code(root, sounds, report, by_name, options)
        for program in programs if options.again else ():
            program.hammer_again(report, reasons)
    return generated.Verdicts(report.in_order(), by_name, reasons).status()


class Program:
    """What holds all mutants of one driver."""

    def __init__(self, root, sound, driver, numbered, names, options):
        self.driver, self.numbered, self.names, self.options = driver, numbered, names, options
        self.hard = Keeper(options.keep_hard, options.later_than)
        self.seeds = list(range(1, (options.seeds or 1) + 1)) if driver.seeded else [1]
        if numbered:
            tell(f"compiling {len(numbered)} mutants of {driver.name} into one program")
            self.path = sound.link(schema.Schema(root, numbered).mutant, driver.program, driver.sources,
                                   options.work / driver.preset / f"schema-{options.seed}-{driver.name}", SCHEMA_FLAGS)
            planted.accuse_nobody(driver, self.path, options)

    def row(self, number, seeds, seconds, oracles=None):
        mutation = self.numbered[number]
        wrong = f"{mutation.file}:{mutation.line}, {mutation.function}: {mutation.change}"
        chosen = {schema.CHOSEN: str(number)}
        row = scores.Row(Mutant(self.names[number], wrong, "generated", ("*",), None), self.driver.name,
                         [self.driver.drive(self.path, seed, seconds, oracles, chosen) for seed in seeds])
        self.hard.look_at(row.mutant.name, self.path, row.results, chosen)
        return row

    def hammer(self, numbers, report):
        """A row for each of the mutants."""
        in_parallel(self.options.jobs, numbers, lambda number: self.row(number, self.seeds, self.options.seconds), self.told,
                    lambda place, row: report.add(numbers[place], row))

    def hammer_with(self, oracles, taken):
        """All of them, judged by some oracles alone."""
        in_parallel(self.options.jobs, list(self.numbered),
                    lambda number: self.row(number, self.seeds, self.options.seconds, oracles), self.told, taken)

    def hammer_again(self, report, explained):
        """Those that survive, are other code and not yet explained, for longer and with other seeds."""
        numbers = [number for number, mutation in self.numbered.items()
                   if number in report.rows and not report.rows[number].caught and not report.rows[number].same_code
                   and mutation.identity not in explained]
        tell(f"{len(numbers)} survivors of {self.driver.name} once more, for {self.options.again} CPU seconds each")
        seeds = [seed + len(self.seeds) for seed in self.seeds]

        def taken(place, row):
            if row.caught:
                report.add(numbers[place], row)

        in_parallel(self.options.jobs, numbers, lambda number: self.row(number, seeds, self.options.again), self.told, taken)

    @staticmethod
    def told(_, row):
        return f"{row.mutant.name} {'caught' if row.caught else 'SURVIVES'}: {row.mutant.wrong}"


def drop_same_code(root, sounds, report, by_name, options):
    """Marks those survivors that change nothing in the compiled code."""
    survivors = [(place, row) for place, row in report.rows.items() if not row.caught and not row.unit_test]
    tell(f"compiling {len(survivors)} survivors alone: is their code the sound one?")
    compiler = generated.Compiler(root, next(iter(sounds.values())), options.work)
    units = sorted({unit for _, row in survivors for unit in units_of(by_name[row.mutant.name].file)})
    sound_code = dict(zip(units, in_parallel(options.jobs, units, lambda unit: compiler.code(unit=unit), None)))
    for code in sound_code.values():
        if isinstance(code, Trouble):
            raise code

    def same(pair):
        mutation = by_name[pair[1].mutant.name]
        # None: what a schema's program never asks for does not compile.
        return all(compiler.code(mutation, unit) in (None, sound_code[unit]) for unit in units_of(mutation.file))

    def told(pair, answer):
        return pair[1].mutant.name + (" changes nothing, or does not compile alone" if answer else " is other code")

    def taken(place, answer):
        survivors[place][1].same_code = answer
        report.add(*survivors[place])

    in_parallel(options.jobs, survivors, same, told, taken)


def units_of(file):
    """The units whose code tells whether a mutant of a file differs."""
    around = tuple(unit for unit in SYSTEM if unit.startswith("allocator/"))
    if file.endswith(".cpp"):
        return (file,)
    if file.startswith("allocator/invariants"):
        return (HOME,)
    return around if file.startswith((*AROUND, "allocator/api")) else (generated.SHIPPED,)
