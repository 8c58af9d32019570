"""Running the parts of a plan: what is put into their commands, and what comes of each."""

import os
import pathlib
import re
import shutil
import time

import fuzz_targets
from fuzz_targets import ROOT
from night import corpora, crew, files, processes
from plain_paths import PlainPaths

RUNS = re.compile(r"^Executions:\s+([\d,]+) inputs run", re.MULTILINE)
POLL = 0.2
SHORT_OF_DISK = 64  # MiB: below it a stage ends, and what is left is for the report


class Ended(Exception):
    """The night is to end; its text says why."""


class Night:
    """What all stages share. `stopped` becomes the reason why the night is to end early."""

    def __init__(self, out, name, seed, workers, targets, least_free=SHORT_OF_DISK):
        self.out, self.name, self.seed, self.workers, self.targets = out, name, seed, workers, targets
        self.least_free, self.stopped, self.since = least_free, "", time.time()
        self.alive = lambda: None  # called now and then while something runs
        self.environment = {key: value for key, value in os.environ.items() if key != "RC_PARAMS"} | {processes.TAG: name}

    def must_end(self):
        """Whether a signal came, or the disk is full."""
        self.alive()
        if not self.stopped and files.free_mib(self.out) < self.least_free:
            self.stopped = f"the disk of {self.out} is full: less than {self.least_free} MiB are free"
        return bool(self.stopped)

    def corpus(self, target):
        return made(self.out / "corpus" / target)

    def findings(self, name):
        return made(self.out / "findings" / name)

    def log(self, part, number=None):
        made(self.out / "logs")
        return self.out / "logs" / (part.key.replace("/", "-") + (f"-{number}" if number is not None else "") + ".log")

    def seeds(self, target):
        """Folders of the project that a target starts from beside its own."""
        safe = self.out / "rooms" / f"seeds-{target}"
        return [safe] if safe.is_dir() else [path for path in (ROOT / "corpus" / target, ROOT / "corpus" / "regressions") if path.is_dir()]

    def placeholders(self, part, seconds, number=0):
        """What words in braces stand for. A list takes the place of a whole word."""
        target = part.name if part.stage.parts == ("TARGETS",) else ""
        described = fuzz_targets.known(target) if target else None
        one = {"target": target, "seconds": max(1, int(seconds)), "seed": (self.seed + number) % (1 << 31) or 1, "workers": self.workers,
               "out": self.out, "targets": ",".join(self.targets), "since": self.since, "corpora": self.out / "corpus",
               "findings": self.findings(target or part.stage.name)}
        if target:
            one |= {"corpus": self.corpus(target), "room": self.out / "rooms" / f"{part.stage.name}-{target}"}
        many = {"programs": [f"fuzz_{name}" for name in self.targets], "seeds": self.seeds(target) if target else [],
                "limits": fuzz_targets.flags(described) if described else []}
        return one, many

    def words(self, part, seconds, number=0, **more):
        one, many = self.placeholders(part, seconds, number)
        made_words = []
        for word in (*part.stage.command, *part.words):
            if word[1:-1] in many and word[0] == "{":
                made_words += many[word[1:-1]]
            else:
                made_words.append(word.format_map(one | more))
        program = pathlib.Path(str(made_words[0]))
        made_words[0] = ROOT / program
        return made_words

    def surroundings(self, part, number=0):
        one, _ = self.placeholders(part, 1, number)
        return self.environment | {name: value.format_map(one) for name, value in part.stage.environment.items()}


def made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(night, part, words, seconds, number=0, log=None):
    """One command, guarded: its status, and why it was ended before its own end ("" where it was not)."""
    if not os.access(words[0], os.X_OK):
        return 3, "", f"there is no program {words[0]}"
    log = log or night.log(part)
    process = processes.start_guarded(words, log, night.surroundings(part, number), ROOT, part.stage.grace)
    begin, why = time.monotonic(), ""
    while process.poll() is None:
        if not why and (night.must_end() or time.monotonic() - begin > seconds):
            why = "stopped" if night.stopped else "limit"
            process.terminate()
        time.sleep(POLL)
    return process.returncode, why, files.last_line(log)


def collect(night, part, since):
    """Brings the traces that a script left elsewhere home, with the time they have."""
    for folder in part.stage.collect:
        for path in files.files_of(ROOT / folder):
            if path.suffix == ".trace" and path.stat().st_mtime >= since - 1:
                place = night.findings(part.stage.name) / path.name
                if not place.exists():
                    beside = place.with_name(f".{place.name}.new")
                    shutil.copy2(path, beside)
                    beside.replace(place)


def outcome(part, status, why, said):
    """How a command's end is told: its outcome and the detail."""
    if why == "stopped":
        return "stopped", "the night was ended"
    if status == 3 or (status == 0 and why == "" and said.startswith("skipped")):
        return "skipped", said
    if why == "limit":
        return ("cut", "its time was over before its end; it shows nothing" if part.stage.must_end else "its time was over: no complaint so far")
    if status == 0:
        return "passed", ""
    if status == 1:
        return "finding", said
    return "failed", f"status {status}: {said}"


def script(night, part, seconds):
    night.log(part).unlink(missing_ok=True)
    begin = time.time()
    # Some need a while to end in order: AFL++ runs again what crashed.
    status, why, said = run(night, part, night.words(part, seconds * 0.85 - 5 if seconds > 40 else seconds), seconds)
    collect(night, part, begin)
    kind, detail = outcome(part, status, why, said)
    result = {"outcome": kind, "detail": detail, "status": status}
    if runs := RUNS.search(night.log(part).read_text(encoding="utf-8", errors="replace") if night.log(part).exists() else ""):
        result["executions"] = int(runs[1].replace(",", ""))
    return result


def repeat(night, part, seconds):
    """Again and again with a new seed, until the time is over or one ends badly. What ran to its end counts."""
    night.log(part).unlink(missing_ok=True)
    begin, since, done, failed = time.monotonic(), time.time(), [], []
    while (left := seconds - (time.monotonic() - begin)) > 0:
        number = len(done)
        seed = night.placeholders(part, left, number)[0]["seed"]
        status, why, said = run(night, part, night.words(part, left, number), left, number)
        collect(night, part, since)
        kind, detail = outcome(part, status, why, said)
        done.append(seed)
        if kind in ("skipped", "failed"):
            return {"outcome": kind, "detail": detail, "status": status}
        if kind == "finding":
            failed.append((seed, detail))
        if kind in ("cut", "stopped") or len(failed) == 3:
            break
    whole = len(done) - (kind in ("cut", "stopped"))
    said = f"ran to the end with {whole} seeds" + (f": {done[0]} to {done[whole - 1]}" if whole else "")
    if failed:
        return {"outcome": "finding", "detail": "; ".join(f"seed {seed}: {detail}" for seed, detail in failed), "status": 1}
    if kind == "stopped":
        return {"outcome": "stopped", "detail": said, "status": status}
    return {"outcome": "passed" if whole else "cut", "detail": said, "status": 0}


def fuzz(night, part, seconds):
    program = night.words(part, seconds)[0]
    if not os.access(program, os.X_OK):
        return {"outcome": "skipped", "detail": f"there is no program {program}", "status": 3}
    try:
        statuses = fuzz_targets.describe(program)["statuses"]
    except fuzz_targets.NotDescribed as error:
        return {"outcome": "failed", "detail": str(error), "status": 2}
    for path in files.files_of(night.out / "logs"):
        if re.fullmatch(re.escape(night.log(part).stem) + r"-\d+\.log", path.name):
            path.unlink()
    begin = time.time()
    corpora.forget(night.out / "rooms" / f"seeds-{part.name}")
    one = crew.Crew(lambda number, left: night.words(part, left, number), lambda number: night.log(part, number),
                    night.findings(part.name), night.surroundings(part), night.findings(part.name),
                    lambda: corpora.put_aside(night.corpus(part.name), night.findings(part.name), night.seeds(part.name),
                                              night.out / "rooms" / f"seeds-{part.name}"), statuses)
    one.go(night.workers, seconds, night.must_end)
    result = {"outcome": "finding" if one.found else "passed", "detail": "; ".join(one.notes), "status": 1 if one.found else 0,
              "executions": one.samples[-1]["runs"], "samples": [sample | {"time": begin + sample["at"]} for sample in one.samples]}
    if one.lacks:
        result |= {"outcome": "skipped", "detail": one.lacks, "status": 3}
    elif not one.found and any("was given up" in note for note in one.notes):
        result |= {"outcome": "failed", "status": 2}
    elif night.stopped and not one.found:
        result["outcome"] = "stopped"
    return result


def merge(night, part, seconds):
    night.log(part).unlink(missing_ok=True)
    chosen = corpora.room_of(night.corpus(part.name))
    before = corpora.size(night.corpus(part.name))
    held = files.files_of(night.corpus(part.name))
    if not held:
        return {"outcome": "skipped", "detail": "the corpus is empty", "status": 0}
    with PlainPaths() as plain:
        status, why, said = run(night, part, [plain.word(word) for word in night.words(part, seconds, chosen=chosen)], seconds)
    kind, detail = outcome(part, status, why, said)
    if kind == "passed":
        if not corpora.adopt(night.corpus(part.name), chosen, held):
            kind, detail = "failed", "what it chose is empty or not whole; the corpus is as it was"
    corpora.forget(chosen)
    after = corpora.size(night.corpus(part.name))
    if kind == "cut":
        detail = "its time was over before its end; the corpus is as it was"
    return {"outcome": kind, "detail": detail or f"{before[0]} inputs to {after[0]}, {before[1]} bytes to {after[1]}", "status": status}


KINDS = {"script": script, "repeat": repeat, "crew": fuzz, "merge": merge, "coverage": script}
