"""The ways of hammering: each runs a program that holds a planted bug, under a limit of CPU seconds, and reads what
it found."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile

import fuzz_targets
from mutation import running
from mutation.errors import Trouble
from mutation.sound import EXPLORED, HOME, SYSTEM

# A program that computes for so many seconds hangs: the longest that are drawn take less than ten. One that waits may
# take longer, see limit_own_time().
HANG_SECONDS = 20
ENDLESS = 10**15


@dataclasses.dataclass
class Result:
    """One run of one mutant. `oracle` is None where nothing was found within the limit."""
    seed: int
    oracle: str | None = None
    cpu_seconds: float = 0.0
    executions: int | None = None
    operations: int | None = None
    program_length: int | None = None
    trace: bytes | None = None  # of the finding
    command: str | None = None  # that shows it again


@dataclasses.dataclass
class Ended:
    status: int  # negative: the signal
    cpu_seconds: float
    output: str
    errors: str


@contextlib.contextmanager
def temporary_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mutant-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def run_limited(words, seconds, folder, environment=None, directory=None):
    """Runs a command in `directory` (or `folder`, which takes its output) until it ends or has used `seconds` of CPU
    time."""
    def limit():
        # Soft and hard alike: the system kills at once, and no handler makes a finding of it.
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with open(folder / "stdout", "w+b") as output, open(folder / "stderr", "w+b") as errors:
        status, usage, _ = running.run(words, limit, stdout=output, stderr=errors, cwd=directory or folder,
                                       env={**os.environ, **(environment or {})})
        return Ended(status, usage.ru_utime + usage.ru_stime, tail(output), tail(errors))


def tail(stream, most=1 << 20):
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - most))
    return stream.read().decode("utf-8", "replace")


def number_in(text):
    return int(re.sub(r"\D", "", text))


class Driver:
    """`program` is the path in the build folder, `target` what builds it, `preset` the build that has it."""
    name = program = target = ""
    preset = "dev"
    sources = (HOME,)  # the units that the program runs the bug in
    seeded = True

    def drive(self, program, seed, seconds, oracles=None, environment=None):
        """One run from nothing; `environment` is what the program finds in it besides."""
        with temporary_folder() as folder:
            ended = run_limited(self.words(program, seed, oracles), seconds, folder,
                                {**self.environment(folder, seed), **(environment or {})})
            result = Result(seed, cpu_seconds=ended.cpu_seconds)
            killed = ended.status == -signal.SIGKILL
            if not killed and ended.status not in self.nothing_found():
                self.read_finding(ended, folder, result)
                found = re.findall(r"^poolhammer replay .*\.trace.*$", ended.output + ended.errors, re.MULTILINE)
                result.command = found[-1] if found else None
                result.trace = next((path.read_bytes() for path in sorted(folder.glob("*.trace"))), None)
            return result

    def words(self, program, seed, oracles):
        raise NotImplementedError

    def environment(self, _folder, _seed):
        return {}

    def nothing_found(self):
        return (0,)

    def read_finding(self, ended, folder, result):
        raise NotImplementedError

    def unreadable(self, ended):
        words = (ended.output + ended.errors).strip().splitlines()[-3:]
        raise Trouble(f"{self.name}: status {ended.status} and no finding: {' / '.join(words)[:500]}")


def first_finding(ended):
    """The oracle of the first line FINDING. A dying process writes it to standard error."""
    match = re.search(r"^FINDING: (\S+)", ended.output + ended.errors, re.MULTILINE)
    return match[1] if match else None


class Run(Driver):
    """The built-in driver: random programs on every layout in turn."""
    name, program, target = "run", "bin/poolhammer", "poolhammer"

    def __init__(self, check_every=None):
        self.schedule = [] if check_every is None else ["--check-every", str(check_every)]

    def words(self, program, seed, oracles):
        words = [str(program), "run", "--operations", str(ENDLESS), "--seed", str(seed), "--timeout",
                 str(HANG_SECONDS), *self.schedule]
        return words + (["--oracles", oracles] if oracles else [])

    def read_finding(self, ended, folder, result):
        result.oracle = first_finding(ended) or self.unreadable(ended)
        counts = re.search(r"^([\d ]+) programs?, ([\d ]+) operations?, seed", ended.output, re.MULTILINE)
        if counts:
            result.executions, result.operations = number_in(counts[1]), number_in(counts[2])


class System(Run):
    """The built-in driver on the memory system: domains, hooks, debug layer, statistics."""
    name = "system"
    sources = SYSTEM

    def words(self, program, seed, oracles):
        subjects = ["--subject", "system:pymalloc_debug", "--subject", "system:pymalloc", "--subject",
                    "system:malloc_debug"]
        return super().words(program, seed, oracles) + subjects


class Fuzz(Driver):
    """libFuzzer, from an empty corpus."""
    name, program, target, preset = "fuzz", "fuzz/fuzz_heap", "fuzz_heap", "fuzz"
    hang = None

    def words(self, program, seed, oracles):
        described = fuzz_targets.describe(program)
        self.hang = described["statuses"]["hang"]  # the same of every mutant
        return [str(program), f"-seed={seed}", *fuzz_targets.flags(described, timeout=HANG_SECONDS),
                "-print_final_stats=0", "-verbosity=0"]

    def environment(self, folder, _seed):
        return {"POOLHAMMER_FUZZ_STATS": str(folder / "stats.json")}

    def read_finding(self, ended, folder, result):
        result.oracle = first_finding(ended) or self.unreadable(ended)
        stats = folder / "stats.json"
        if stats.exists():
            tally = json.loads(stats.read_text(encoding="utf-8"))
            result.executions, result.operations = tally["executions"], tally["operations"]


class Properties(Driver):
    """Every RapidCheck property that reaches the allocator through its subject, once: the others hold a heap of
    their own, compiled from the sound sources. One that fails without naming an oracle is named itself."""
    name, program, target = "properties", "properties/property_tests", "property_tests"
    ORACLE = re.compile(r"\b((?:invariant|shadow|model|drain)\.[a-z-]+(?:\.[a-z-]+)?|teardown)\b")

    def words(self, program, seed, oracles):
        return [str(program), "--gtest_fail_fast", "--gtest_brief=1",
                "--gtest_filter=*Stateful*:WholePrograms.*"]

    def environment(self, _folder, seed):
        return {"RC_PARAMS": f"seed={seed} noshrink=1"}

    def read_finding(self, ended, folder, result):
        text = ended.output + ended.errors
        named = first_finding(ended) or next(iter(self.ORACLE.findall(text)), None)
        failed = re.search(r"^\[  FAILED  \] (\S+)", text, re.MULTILINE)
        if ended.status < 0 and named is None:
            named = "crash"
        result.oracle = named or (f"property:{failed[1].rstrip(',')}" if failed else None) or self.unreadable(ended)


class Explore(Driver):
    """Every program of one small space after the other, until one shows the bug."""
    name, program, target = "explore", "bin/poolhammer", "poolhammer"
    sources = (HOME, EXPLORED)
    seeded = False
    # Those of mutants/expect-explored: from those with a bug every few steps to those where arenas come and go.
    SPACES = ("--depth 4 --failures", "--depth 5 --placement misaligned",
              "--arenas 2 --classes 96 --placement misaligned --raw-blocks 0",
              "--layout tiny-table --arenas 2 --classes 96 --placement misaligned --raw-blocks 0",
              "--arenas 3 --classes 96 --placement misaligned --raw-blocks 0 --depth 16")

    def __init__(self, space=None):
        self.spaces = (space,) if space else self.SPACES

    def drive(self, program, seed, seconds, oracles=None, environment=None):
        whole = Result(seed)
        for space in self.spaces:
            left = int(seconds - whole.cpu_seconds)
            if left < 1:
                break
            result = _ExploreOne(space).drive(program, seed, left, environment=environment)
            whole.cpu_seconds += result.cpu_seconds
            for count in ("executions", "operations"):
                setattr(whole, count, (getattr(whole, count) or 0) + (getattr(result, count) or 0))
            if result.oracle:
                whole.oracle, whole.program_length = result.oracle, result.program_length
                break
        return whole


class _ExploreOne(Driver):
    """One space of explore."""
    name = Explore.name

    def __init__(self, space):
        self.space = space

    def words(self, program, seed, oracles):
        return [str(program), "explore", *self.space.split(), "--json"]

    def read_finding(self, ended, folder, result):
        result.oracle = first_finding(ended)
        try:
            told = json.loads(ended.output)
        except ValueError:
            told = {}  # it died: a finding all the same, told on standard error
        if told.get("finding"):
            result.oracle = told["finding"]["oracle"]
        if result.oracle is None:
            self.unreadable(ended)
        result.executions, result.operations = told.get("states"), told.get("transitions")
        for trace in folder.glob("*.trace"):
            # The header's bytes 8 to 15 are the number of operations.
            result.program_length = int.from_bytes(trace.read_bytes()[8:16], "little")


def has_words(program, words, needle):
    """Whether what the program prints for `words` holds `needle`: older builds lack some commands."""
    shown = subprocess.run([str(program), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=False)
    return needle in shown.stdout
