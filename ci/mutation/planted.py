"""The score of a folder of patches."""

import json

from mutation import drive, score as scores
from mutation.errors import Trouble
from mutation.hard import Keeper
from mutation.patches import SOUND, read_mutants, usable
from mutation.work import Report, complain, in_parallel, sound_build, tell

BASELINES = {"sanitizer": "none", "shadow": "shadow", "invariants": "invariants", "local": "local", "model": "model",
             "all": "all"}


def drivers_of(options):
    if options.driver == "system":
        return [drive.System(options.check_every)]
    every = {"run": drive.Run(options.check_every), "fuzz": drive.Fuzz(), "properties": drive.Properties(),
             "explore": drive.Explore(options.depth and f"--depth {options.depth}")}
    return list(every.values()) if options.driver == "all" else [every[options.driver]]


def built_for(root, options, driver):
    """The sound build that has the driver's program."""
    sound = sound_build(root, driver.preset, driver.target, options.build)
    program = sound.folder / driver.program
    if driver.name == "explore" and not drive.has_words(program, ["explore", "--help"], "--depth"):
        raise Trouble(f"{program} has no command explore")
    return sound


def accuse_nobody(driver, program, options, oracles=None):
    """A harness that accuses everybody would find every bug."""
    accused = driver.drive(program, 1, min(options.seconds, 5), oracles)
    if accused.oracle:
        raise Trouble(f"the sound allocator, built like a mutant, is accused by {accused.oracle}: see {program}")


def hammered(sound, driver, mutants, options, taken, oracles=None):
    """Scores each mutant, and gives taken(number, row) what is known as it is known. Returns the troubles."""
    program = sound.link(SOUND, driver.program, driver.sources, options.work / driver.preset / "sound")
    accuse_nobody(driver, program, options, oracles)
    seeds = range(1, (options.seeds or 3) + 1) if driver.seeded else [1]
    hard = Keeper(options.keep_hard, options.later_than)

    def work(mutant):
        program = sound.link(mutant, driver.program, driver.sources, options.work / driver.preset / mutant.name)
        row = scores.Row(mutant, driver.name,
                         [driver.drive(program, seed, options.seconds, oracles) for seed in seeds])
        hard.look_at(mutant.name, program, row.results)
        if not options.only:
            program.unlink()  # a hundred of them fill a disk; the object that it takes longest to make stays
        return row

    def told(mutant, row):
        if not row.caught:
            return f"{mutant.name} SURVIVES {driver.name}"
        return f"{mutant.name} caught by {' '.join(scores.oracles_of(row.results))}, {row.median:.2f} CPU s"

    results = in_parallel(options.jobs, mutants, work, told, taken)
    return [result for result in results if isinstance(result, Trouble)]


def usable_patches(root, folder, options, allowed):
    """The patches of a folder that can be built, all of them tried before any is; the troubles of the others, said."""
    troubles = []
    mutants = usable(read_mutants(folder, options.only, troubles), root, allowed, troubles)
    for trouble in troubles:
        complain(trouble)
    return mutants, troubles


def can_hold(drivers):
    """Whether each of the drivers runs what is made from a file of the allocator."""
    def allowed(file):
        return file.startswith("allocator/") and (file.endswith(".hpp") or all(file in d.sources for d in drivers))
    return allowed


def score(root, options):
    if options.baselines:
        return baselines(root, options)
    drivers = drivers_of(options)
    mutants, troubles = usable_patches(root, options.dir or root / "mutants", options, can_hold(drivers))

    def text(rows):
        wrong = scores.complaints(rows)
        if options.json:
            return json.dumps({"seconds": options.seconds, "rows": [row.as_json() for row in rows], "complaints": wrong},
                              indent=2)
        return "\n".join([scores.table(scores.HEADS, [row.cells(options.seconds) for row in rows]), "",
                          scores.summary(rows, options.seconds), *wrong])

    with Report(options, text) as report:
        for number, driver in enumerate(drivers if mutants else []):
            sound = built_for(root, options, driver)
            tell(f"{len(mutants)} mutants under {driver.name}, at most {options.seconds} CPU seconds a run")
            troubles += hammered(sound, driver, mutants, options,
                                 lambda place, row, number=number: report.add((number, place), row))
    return 2 if troubles else 1 if scores.complaints(report.in_order()) else 0


def baselines(root, options):
    """What each oracle finds alone. The sanitizer is part of every build, and so of every row."""
    driver = drive.Run()
    mutants, troubles = usable_patches(root, options.dir or root / "mutants", options, can_hold([driver]))
    sound = built_for(root, options, driver)
    if not drive.has_words(sound.folder / driver.program, ["run", "--help"], "--oracles"):
        raise Trouble(f"{sound.folder / driver.program} has no option --oracles")

    def hammer(oracles, taken):
        troubles.extend(hammered(sound, driver, mutants, options, taken, oracles))

    if mutants:
        compare_oracles(options, hammer)
    return 2 if troubles else 0


def compare_oracles(options, hammer):
    """The table of what hammer(oracles, taken) finds with each of the baselines."""
    def text(rows):
        by_name = {}
        for name, row in rows:
            by_name.setdefault(name, []).append(row)
        if options.json:
            return json.dumps({name: [row.as_json() for row in mine] for name, mine in by_name.items()}, indent=2)
        within = {name: scores.shown_within(mine, options.seconds) for name, mine in by_name.items()}
        cells = [[name, str(sum(1 for row in mine if row.caught)), str(len(mine)), *within[name].values(),
                  scores.shown_seconds(scores.middle(mine), options.seconds)] for name, mine in by_name.items()]
        return scores.table(["oracles", "caught", "of", *next(iter(within.values())), "CPU s, median"], cells)

    with Report(options, text) as report:
        for number, (name, oracles) in enumerate(BASELINES.items()):
            tell(f"{name} alone" if name != "all" else "all oracles")
            hammer(oracles, lambda place, row, number=number, name=name: report.add((number, place), (name, row)))
