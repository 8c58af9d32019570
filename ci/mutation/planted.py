"""The score of a folder of patches."""

import json

from mutation import drive, score as scores
from mutation.errors import Trouble
from mutation.patches import SOUND, read_mutants
from mutation.work import in_parallel, sound_build, tell

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


def hammered(sound, driver, mutants, options, oracles=None):
    """A row for each mutant."""
    # A harness that accuses everybody would find every bug.
    program = sound.link(SOUND, driver.program, driver.sources, options.work / driver.preset / "sound")
    accused = driver.drive(program, 1, min(options.seconds, 5), oracles)
    if accused.oracle:
        raise Trouble(f"the sound allocator, built like a mutant, is accused by {accused.oracle}: see {program}")
    seeds = range(1, (options.seeds or 3) + 1) if driver.seeded else [1]

    def work(mutant):
        program = sound.link(mutant, driver.program, driver.sources, options.work / driver.preset / mutant.name)
        row = scores.Row(mutant, driver.name,
                         [driver.drive(program, seed, options.seconds, oracles) for seed in seeds])
        if not options.only:
            program.unlink()  # a hundred of them fill a disk; the object that it takes longest to make stays
        return row

    def told(mutant, row):
        if not row.caught:
            return f"{mutant.name} SURVIVES {driver.name}"
        return f"{mutant.name} caught by {' '.join(scores.oracles_of(row.results))}, {row.median:.2f} CPU s"

    return in_parallel(options.jobs, mutants, work, told)


def score(root, options):
    mutants = read_mutants(options.dir or root / "mutants", options.only)
    if options.baselines:
        return baselines(root, options, mutants)
    rows = []
    for driver in drivers_of(options):
        sound = built_for(root, options, driver)
        tell(f"{len(mutants)} mutants under {driver.name}, at most {options.seconds} CPU seconds a run")
        rows += hammered(sound, driver, mutants, options)
    wrong = scores.complaints(rows)
    if options.json:
        print(json.dumps({"seconds": options.seconds, "rows": [row.as_json() for row in rows],
                          "complaints": wrong}, indent=2))
    else:
        print(scores.table(scores.HEADS, [row.cells(options.seconds) for row in rows]))
        print()
        print("\n".join([scores.summary(rows, options.seconds)] + wrong))
    return 1 if wrong else 0


def baselines(root, options, mutants):
    """What each oracle finds alone. The sanitizer is part of every build, and so of every row."""
    driver = drive.Run()
    sound = built_for(root, options, driver)
    if not drive.has_words(sound.folder / driver.program, ["run", "--help"], "--oracles"):
        raise Trouble(f"{sound.folder / driver.program} has no option --oracles")
    rows = {}
    for name, oracles in BASELINES.items():
        tell(f"{name} alone" if name != "all" else "all oracles")
        rows[name] = hammered(sound, driver, mutants, options, oracles)
    if options.json:
        print(json.dumps({name: [row.as_json() for row in mine] for name, mine in rows.items()}, indent=2))
        return 0
    cells = []
    for name, mine in rows.items():
        caught = [row for row in mine if row.caught]
        middle = scores.middle(mine)
        cells.append([name, str(len(caught)), str(len(mine)), scores.shown_seconds(middle, options.seconds)])
    print(scores.table(["oracles", "caught", "of", "CPU s, median"], cells))
    return 0
