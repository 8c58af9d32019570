"""What a night does, in which order, and how its time is divided: the table, and the arithmetic on it."""

import dataclasses
import json
import pathlib

import fuzz_targets


@dataclasses.dataclass(frozen=True)
class Stage:
    """A row of the plan. In `command`, {words} in braces are replaced, see placeholders() of stages.py."""

    name: str
    weight: float  # of the time; a stage with 0 is a preparation and has at most `cap` of what is left
    least: int  # seconds without which it is not worth starting; for each of its parts
    command: tuple
    kind: str = "script"  # script, repeat (again and again with a new seed), crew, merge, group, coverage
    parts: tuple = ()  # ("TARGETS",) for one part a target, or pairs of a name and further words of the command
    without: tuple = ()  # what it cannot provide: a target that needs it has no part
    collect: tuple = ()  # folders that it leaves traces of findings in
    environment: dict = dataclasses.field(default_factory=dict)
    needs: str = ""  # a preparation that must not have failed
    cap: float = 0.0
    grace: int = 3  # seconds to end in order when told to
    must_end: bool = False  # a command that the night's time cut short has shown nothing
    about: str = ""


FUZZER = "build/fuzz/fuzz/fuzz_{target}"
PLAN = (
    Stage("setup", 0, 1, ("ci/setup",), cap=0.3, about="Debian's packages"),
    Stage("build", 0, 1, ("ci/build", "fuzz", "{programs}", "poolhammer"), cap=0.6, about="the fuzz targets and the command"),
    Stage("build-dev", 0, 60, ("ci/build", "dev", "property_tests"), cap=0.3, about="the property tests"),
    Stage("build-release", 0, 60, ("ci/build", "release", "poolhammer"), cap=0.3, about="the optimised command"),
    Stage("corpus", 1, 90, ("ci/corpus", "--check"), must_end=True, about="the seeds are minimal, canonical and replayed"),
    Stage("lint", 2, 300, ("ci/lint",), must_end=True, about="clang-tidy over every source, of which a push lints what changed"),
    Stage("canary", 1, 130, ("ci/canary",), must_end=True, needs="build", about="libFuzzer finds a planted bug, from no corpus"),
    Stage("properties", 6, 20, ("build/dev/properties/property_tests",), kind="repeat", needs="build-dev",
          environment={"RC_PARAMS": "seed={seed}", "TEST_TMPDIR": "{findings}"}, about="properties, each time with other values"),
    Stage("explore", 3, 240, ("ci/explore",), collect=("build/release",), needs="build-release", about="every program on tiny heaps"),
    Stage("soak", 4, 120, ("ci/soak", "--seed", "{seed}", "--operations", "4000000", "--jobs", "{workers}"), kind="repeat",
          collect=("out/soak",), needs="build-release", about="random programs on every layout, placement and plan of failures"),
    Stage("mutants", 14, 300, ("ci/mutants", "--jobs", "{workers}"), must_end=True, about="each planted bug must be found", parts=(
        ("planted", ()), ("system", ("mutants/system",)), ("baselines", ("--baselines",)),
        # One draw, whose survivors are all explained: another's would be an alarm every night, about the tests.
        ("generated", ("--generate", "200", "--seed", "1")), ("harness", ("--harness",)))),
    Stage("real-programs", 7, 300, ("ci/real-programs",), must_end=True, about="real programs and CPython's tests on the allocator"),
    Stage("conformance", 4, 300, ("ci/conformance", "--output", "{out}/conformance.md"), must_end=True, about="what C and POSIX promise, on every library"),
    Stage("reported", 4, 600, ("ci/reported", "--seconds", "20", "--seeds", "1", "--seed", "{seed}", "--jobs", "{workers}", "--output", "{out}/reported-bugs.md"), must_end=True,
          about="bugs that were reported of real allocators"),
    Stage("32-bit", 2, 480, ("ci/32-bit",), must_end=True, about="allocators of one's own as 32-bit code"),
    Stage("oss-fuzz", 4, 600, ("ci/oss-fuzz/check",), must_end=True, about="a cluster's build, without the cluster"),
    Stage("tests-coverage", 5, 1200, ("ci/coverage",), must_end=True, about="what the tests reach of allocator/ and harness/"),
    Stage("build-afl", 0, 300, ("ci/night/build_afl.py", "{workers}", "{targets}"), cap=0.2, about="the builds of AFL++"),
    Stage("afl", 16, 60, ("ci/afl", "--target", "{target}", "--seconds", "{seconds}", "--workers", "{workers}", "--seed", "{seed}",
                          "--corpus", "{corpus}", "--findings", "{findings}", "--keep", "{room}"),
          parts=("TARGETS",), without=("worker",), needs="build-afl", grace=25, about="AFL++ on the same corpus"),
    Stage("libfuzzer", 34, 10, (FUZZER, "-max_total_time={seconds}", "-seed={seed}", "{limits}", "-print_final_stats=1",
                                "-artifact_prefix={findings}/", "{corpus}", "{seeds}"),
          kind="crew", parts=("TARGETS",), needs="build", about="libFuzzer, a process on each core"),
    Stage("coverage", 3, 15, ("ci/night/source_coverage.py", "--corpus", "{corpora}", "--targets", "{targets}", "--since", "{since}",
                              "--json", "{out}/coverage.json"),
          kind="coverage", about="the lines of allocator/ that the corpus reaches, by time"),
    Stage("merge", 6, 5, (FUZZER, "-set_cover_merge=1", "{limits}", "-artifact_prefix={findings}/", "{chosen}", "{corpus}", "{seeds}"),
          kind="merge", parts=("TARGETS",), needs="build", must_end=True, about="the smallest corpus with the same features"),
    Stage("group", 3, 2, ("build/fuzz/bin/poolhammer", "group", "--raw", "--json", "--trials", "1000", "--shortest", "{shortest}"),
          kind="group", about="findings by cause, and the shortest program of each"),
)


@dataclasses.dataclass(frozen=True)
class Part:
    """What is started, ended and reported as one: a stage, or its work for one target."""

    stage: Stage
    name: str  # of the target or of the part, empty where there is but one
    words: tuple
    weight: float

    @property
    def key(self):
        return f"{self.stage.name}/{self.name}" if self.name else self.stage.name


def parts(plan, targets, described=fuzz_targets.known):
    """The parts of all stages, in order. `described` tells what a target says of itself, None before it is built: then it counts
    as much as any other, and needs nothing."""
    told = {name: described(name) or {"weight": 1, "needs": []} for name in targets}
    found = []
    for stage in plan:
        if stage.parts == ("TARGETS",):
            able = [name for name in targets if not set(told[name]["needs"]) & set(stage.without)]
            whole = sum(told[name]["weight"] for name in able)
            found += [Part(stage, name, (), stage.weight * told[name]["weight"] / whole) for name in able]
        elif stage.parts:
            found += [Part(stage, name, tuple(words), stage.weight / len(stage.parts)) for name, words in stage.parts]
        else:
            found.append(Part(stage, "", (), stage.weight))
    return found


def budget(part, behind, left):
    """Seconds for a part when `left` are left for it and the parts `behind` it: time that was not used goes to all who follow."""
    if part.weight == 0:
        return left * (part.stage.cap or 1)
    return left * part.weight / (part.weight + sum(one.weight for one in behind))


def table(todo, seconds):
    """The plan in words: rows of part, seconds, whether there is time for it, and what it does."""
    rows, left = [], float(seconds)
    for number, part in enumerate(todo):
        share = budget(part, todo[number + 1:], left) if part.weight else 0.0
        enough = part.weight == 0 or share >= part.stage.least
        if enough:
            left -= share
        rows.append((part.key, share, enough, part.stage.about))
    return rows


def told(rows):
    lines = [f"{'stage':<22}{'seconds':>8}  what for"]
    for key, seconds, enough, about in rows:
        time = f"{seconds:8.0f}" if seconds else "  as is "
        lines.append(f"{key:<22}{time}  {about}{'' if enough else '  (too little time: skipped)'}")
    return "\n".join(lines)


def from_file(path):
    """A plan of one's own: JSON, a list of rows with the members of Stage. Raises ValueError, in one line."""
    try:
        rows = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        made = []
        for row in rows:
            row = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
            if row.get("parts") not in (None, ("TARGETS",)):
                row["parts"] = tuple((name, tuple(words)) for name, words in row["parts"])
            made.append(Stage(**row))
        return tuple(made)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is no plan: {error}") from error
