"""A run of several AFL++ processes on one target, from the seeds to the findings."""

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import fuzz_targets
from fuzz_targets import ROOT

START_SECONDS = 120
SCHEDULES = ["explore", "rare", "exploit", "coe"]
QUIET = {
    # What AFL++ would otherwise ask of the machine's settings, or say.
    "AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_NO_AFFINITY": "1",
    "AFL_FORKSRV_INIT_TMOUT": "30000",
    # A leak is judged by the target itself; AFL++ knows a crash by its signal.
    "ASAN_OPTIONS": "abort_on_error=1:symbolize=0:detect_leaks=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "abort_on_error=1:halt_on_error=1:symbolize=0",
}


@dataclasses.dataclass(frozen=True)
class Role:
    name: str
    build: str
    options: tuple = ()
    logs_comparisons: bool = False

    def builds(self):
        return [self.build, "afl-cmplog"] if self.logs_comparisons else [self.build]


def roles(workers):
    """Who does what: builds that see different things, sharing what they find."""
    first = [Role("main", "afl-plain"), Role("asan", "afl-asan"), Role("cmplog", "afl-plain", ("-l", "2"), logs_comparisons=True)]
    more = [Role(f"plain{i}", "afl-plain", ("-p", SCHEDULES[i % len(SCHEDULES)])) for i in range(workers - len(first))]
    return (first + more)[:workers]


def figures(folder):
    """What a worker's fuzzer_stats says, as text by name; empty before it is written."""
    try:
        lines = (folder / "fuzzer_stats").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, colon, value in (line.partition(":") for line in lines) if colon}


def copy_whole(source, place):
    """A copy that is there with all its bytes or not at all, whenever this process is killed."""
    beside = place.with_name(f".{place.name}.new")
    shutil.copyfile(source, beside)
    beside.replace(place)


class Run:
    def __init__(self, target, programs, crew, corpus, findings, keep=None):
        self.target, self.programs, self.crew = target, programs, crew
        self.corpus, self.findings, self.keep = corpus.absolute(), findings.absolute(), keep and keep.absolute()
        self.stopped = False
        self.description = fuzz_targets.describe(next(iter(programs.values())))
        self.limits = self.description["limits"]
        self.replay_seconds = self.limits["timeout"]

    def go(self, seconds, seed):
        """Runs for so many seconds; the exit status of ci/afl."""
        for folder in (self.corpus, self.findings):
            folder.mkdir(parents=True, exist_ok=True)
        left = self.gather_left_behind()
        with self.room() as name:
            room = pathlib.Path(name)
            seeds = self.gather_seeds(room / "seeds")
            print(f"afl: {self.target} for {seconds} s from {seeds} seeds, {len(self.crew)} workers:"
                  f" {', '.join(role.name for role in self.crew)}", flush=True)
            workers = self.start(room, seconds, seed)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: setattr(self, "stopped", True))
            self.watch(room, workers, seconds)
            dead = [role.name for role, worker in zip(self.crew, workers) if not figures(room / "sync" / role.name)]
            for role_name in dead:
                said = (room / f"{role_name}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
                print(f"ci/afl: the worker {role_name} did not start: {said[-1] if said else 'it said nothing'}", file=sys.stderr)
            found = left + self.gather_findings(room / "sync")
            self.summarise(room / "sync", self.gather_corpus(room / "sync"), found)
        if found:
            return 1
        return 3 if dead and not self.stopped else 0

    @contextlib.contextmanager
    def room(self):
        """The folder of the workers. One that is to be kept goes away only when everything of it has been gathered."""
        if self.keep is None:
            with tempfile.TemporaryDirectory(prefix="afl-") as name:
                yield name
        else:
            self.keep.mkdir(parents=True)
            yield self.keep
            shutil.rmtree(self.keep)

    def gather_left_behind(self):
        """What a run that was killed had; the number of findings."""
        if self.keep is None or not self.keep.exists():
            return 0
        found = self.gather_findings(self.keep / "sync")
        print(f"afl: a run before this one was killed: {self.gather_corpus(self.keep / 'sync')} inputs and {found} findings of it gathered", flush=True)
        shutil.rmtree(self.keep)
        return found

    def gather_seeds(self, folder):
        """One flat folder of seeds without duplicates: those of the project and those of earlier runs."""
        folder.mkdir()
        places = [ROOT / "corpus" / self.target, ROOT / "corpus" / "regressions", self.corpus]
        for place in places:
            for path in sorted(place.glob("*")) if place.is_dir() else []:
                if path.is_file() and path.stat().st_size > 0:
                    shutil.copyfile(path, folder / hashlib.sha1(path.read_bytes()).hexdigest())
        if not any(folder.iterdir()):
            (folder / "nothing").write_bytes(bytes(16))
        return sum(1 for _ in folder.iterdir())

    def start(self, room, seconds, seed):
        workers = []
        dictionary = fuzz_targets.dictionary(self.description)
        for number, role in enumerate(self.crew):
            # A main takes the queue in turn and trims nothing: of use only to others.
            mode = "-M" if number == 0 and len(self.crew) > 1 else "-S"
            command = ["nice", "-n", "10", "afl-fuzz", "-i", room / "seeds", "-o", room / "sync", mode, role.name,
                       "-V", seconds, "-m", "none", "-t", self.limits["timeout"] * 1000, "-G", self.limits["max_len"], *role.options]
            if seed:
                command += ["-s", seed + number]
            if role.logs_comparisons:
                command += ["-c", self.programs["afl-cmplog"]]
            if dictionary:
                command += ["-x", dictionary]
            with open(room / f"{role.name}.log", "wb") as log:
                # Sessions of their own: an interrupt reaches them once, from here.
                workers.append(subprocess.Popen([str(word) for word in [*command, "--", self.programs[role.build]]], stdout=log,
                                                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                                                env=os.environ | QUIET))
        return workers

    def watch(self, room, workers, seconds):
        """Shows the status until all have ended, been stopped, or are late."""
        begin = time.monotonic()
        screen = sys.stdout.isatty()
        tenths = 0
        drawn = 0
        while any(worker.poll() is None for worker in workers):
            elapsed = time.monotonic() - begin
            if self.stopped or elapsed > seconds + START_SECONDS:
                break
            if screen:
                drawn = self.draw(room, elapsed, drawn)
            elif elapsed * 10 >= seconds * (tenths + 1):
                tenths = int(elapsed * 10 / seconds)
                print(self.line(room, elapsed), flush=True)
            time.sleep(0.5)
        for worker in workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGINT)
        for worker in workers:
            try:
                worker.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()

    def states(self, room):
        for role in self.crew:
            folder = room / "sync" / role.name
            queue = sum(1 for path in folder.glob("queue/id:*"))
            crashes = sum(1 for path in folder.glob("crashes/id:*"))
            yield role, figures(folder), queue, crashes

    def line(self, room, elapsed):
        parts = [f"{role.name} {queue} inputs" + (f", {crashes} crashes" if crashes else "")
                 for role, _, queue, crashes in self.states(room)]
        return f"{elapsed:5.0f} s  " + "; ".join(parts)

    def draw(self, room, elapsed, lines_before):
        rows = [f"{'worker':<10}{'build':<12}{'runs':>12}{'a second':>10}{'edges':>8}{'inputs':>8}{'crashes':>9}   {elapsed:.0f} s"]
        for role, stats, queue, crashes in self.states(room):
            rows.append(f"{role.name:<10}{role.build:<12}{stats.get('execs_done', '-'):>12}{stats.get('execs_per_sec', '-'):>10}"
                        f"{stats.get('edges_found', '-'):>8}{queue:>8}{crashes:>9}")
        if lines_before:
            print(f"\033[{lines_before}A", end="")
        print("\n".join(f"\033[K{row}" for row in rows), flush=True)
        return len(rows)

    def gather_corpus(self, sync):
        """Keeps the inputs that a worker added, named by content as libFuzzer names them; how many are new."""
        new = 0
        for path in sync.glob("*/queue/id:*"):
            if ",orig:" in path.name or ",sync:" in path.name:
                continue
            kept = self.corpus / hashlib.sha1(path.read_bytes()).hexdigest()
            if not kept.exists():
                copy_whole(path, kept)
                new += 1
        return new

    def gather_findings(self, sync):
        """Runs every input that crashed or hung once more, apart from AFL++. A target that dies leaves the file of its finding, as
        under ci/fuzz; what then dies no more is kept under its own hash, and said. A hang that ends in time now was only slow. How
        many inputs are findings; several may leave the same file."""
        found = 0
        for role in self.crew:
            for path in sorted(sync.glob(f"{role.name}/crashes/id:*")) + sorted(sync.glob(f"{role.name}/hangs/id:*")):
                is_hang = path.parent.name == "hangs"
                dies = self.dies_again(self.programs[role.build], path)
                found += dies or not is_hang
                if dies or is_hang:
                    continue
                kept = self.findings / f"unrepeated-{hashlib.sha1(path.read_bytes()).hexdigest()[:16]}.input"
                copy_whole(path, kept)
                print(f"afl: {role.name} crashed, and not again, with {kept}", flush=True)
        return found

    def dies_again(self, program, path):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AFL_", "__AFL"))}
        # The target writes into the folder it runs in.
        with subprocess.Popen([str(program), str(path)], cwd=self.findings, env=environment | {"ASAN_OPTIONS": "symbolize=0"},
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
            try:
                _, said = process.communicate(timeout=self.replay_seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGABRT)  # its crash report: a file and a command
                _, said = process.communicate()
        if process.returncode != 0:
            sys.stderr.write(said.decode(errors="replace"))
        return process.returncode != 0

    def summarise(self, sync, new, found):
        stats = [figures(sync / role.name) for role in self.crew]
        runs = sum(int(one.get("execs_done", 0)) for one in stats)
        speed = sum(float(one.get("execs_per_sec", 0)) for one in stats)
        print(f"\nExecutions:   {runs:,} inputs run, {speed:,.0f} a second by {len(self.crew)} workers")
        print(f"Edges:        {max((int(one.get('edges_found', 0)) for one in stats), default=0):,} of AFL++'s, by the worker that saw most")
        print(f"Findings:     {found}" + (f" inputs that crash or hang, kept in {self.findings}" if found else ""))
        print(f"Corpus:       {new} new inputs in {self.corpus}; the next run starts from them")
        newest = max(self.findings.glob("finding-*.trace"), key=lambda path: path.stat().st_mtime, default=None)
        if found and newest is not None:
            print(f"To see it again:\n  build/fuzz/bin/poolhammer replay {newest.relative_to(ROOT) if newest.is_relative_to(ROOT) else newest}")
