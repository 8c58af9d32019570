"""A night from its start to its report."""

import os
import random
import signal
import sys
import time

from night import corpora, facts, files, findings, options as command, plan, processes, report, stages

LEAST_TO_GROUP = 15  # seconds for what is found to be told, whatever the time
FINAL = {"passed", "finding", "failed", "skipped", "cut"}  # a part that was stopped is run again by --resume


class Course:
    """What is remembered of a night, so that it can be gone on with whenever it is killed."""

    def __init__(self, out):
        self.path = out / "state.json"
        self.value = files.read_json(self.path, {})
        self.begin = time.monotonic()
        self.before = 0.0

    def unfinished(self):
        return bool(self.value) and not self.value.get("finished")

    def new(self, options):
        name = time.strftime("%Y%m%d-%H%M%S", time.gmtime()) + f"-{os.urandom(2).hex()}"
        self.value = {"name": name, "seed": options.seed or random.SystemRandom().randrange(1, 1 << 31), "total": options.total,
                      "targets": list(options.targets), "stages": [stage.name for stage in options.table], "workers": options.workers,
                      "started": time.time(), "spent": 0.0, "parts": {}, "current": None, "finished": False, "resumed": 0}

    def resume(self):
        """The time until the last sign of life counts as spent."""
        alive = self.path.stat().st_mtime
        self.before = self.value["spent"] + max(0.0, alive - self.value["saved"])
        self.value["resumed"] += 1
        self.value["parts"] = {key: one for key, one in self.value["parts"].items() if one["outcome"] in FINAL and not one.get("for_the_end")}

    def spent(self):
        return self.before + time.monotonic() - self.begin

    def save(self, **more):
        self.value |= more | {"spent": self.spent(), "saved": time.time()}
        files.write_json(self.path, self.value)

    def alive(self):
        os.utime(self.path)


def say(text):
    print(f"night: {text}", flush=True)


def clean(out, course):
    """Ends what a night that was killed left running, and forgets what it had half written. What it left, in words."""
    notes = []
    if course.unfinished():
        current = course.value.get("current")
        how = f"was stopped by {course.value['stopped']}" if course.value.get("stopped") else "ended without a report"
        notes.append(f"the night {course.value['name']} {how}" + (f", in {current}" if current else ""))
        if ended := processes.end_tagged(course.value["name"]):
            notes.append(f"{ended} of its processes were still running, and were killed")
    for room in (out / "rooms").glob("chosen-*"):
        corpora.forget(room)
    for half in [*out.glob("*/*/.*.new"), *out.glob(".*.new")]:
        half.unlink(missing_ok=True)
    return notes


def bring_home(out, course, table):
    """What the stage that a night was killed in had left elsewhere."""
    current = (course.value.get("current") or "").partition("/")[0] if course.unfinished() else ""
    for stage in table:
        if stage.name == current:
            stages.collect(stages.Night(out, "", 1, 1, ()), plan.Part(stage, "", (), 0), course.value["saved"])


def go(options):
    """Runs the night; its exit status."""
    out = stages.made(options.out)
    lock = files.Lock(out)
    if not lock.take():
        print(f"ci/nightly: another night runs in {out}", file=sys.stderr)
        return 2
    if files.free_mib(out) < options.least_free:
        print(f"ci/nightly: {files.free_mib(out)} MiB are free in {out}, a night needs {options.least_free}", file=sys.stderr)
        return 3
    course = Course(out)
    notes = clean(out, course)
    bring_home(out, course, options.full_table)
    seen = files.read_json(out / "seen.json", {})
    left = {f"{name}/{path.name}" for name, paths in findings.all_files(out).items() for path in paths} - set(seen)
    if left:
        notes.append(f"{len(left)} findings lay here that no report has told of: they are in this one")
    if options.resume and course.unfinished():
        course.resume()
        options.table = tuple(stage for stage in command.selected(options.full_table, (), ()) if stage.name in course.value["stages"])
        options.targets, options.workers = tuple(course.value["targets"]), course.value["workers"]
        notes.append(f"gone on with after {course.before:.0f} s")
    else:
        if options.resume:
            notes.append("there was nothing to resume: a new night")
        course.new(options)
    night = stages.Night(out, course.value["name"], course.value["seed"], course.value["workers"], options.targets, options.least_free)
    night.since, night.alive = course.value["started"], course.alive
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda which, _: setattr(night, "stopped", night.stopped or signal.Signals(which).name))
    course.save(stopped="", corpus_before=course.value.get("corpus_before") or sizes(night))
    todo = plan.parts(options.table, options.targets)
    rows = plan.table(todo, course.value["total"])
    say(f"{course.value['name']}, {course.value['total']} s, seed {night.seed}, {night.workers} workers, in {out}")
    for line in [*plan.told(rows).splitlines(), *notes]:
        say(line)
    groups, gone = hammer(night, course, options.table, out, seen)
    return finish(night, course, {"notes": notes, "plan": rows, "groups": groups, "gone": [findings.short(path) for path in gone]}, seen)


def sizes(night):
    return {target: corpora.size(night.corpus(target)) for target in night.targets}


def why_not(night, course, part, share):
    """Why a part is not started; empty where it is."""
    if night.must_end():
        return f"the night was ended: {night.stopped}"
    needed = course.value["parts"].get(part.stage.needs)
    if needed and needed["outcome"] in ("failed", "cut", "skipped", "finding"):
        return f"{part.stage.needs}: {needed['outcome']}{', ' + needed['detail'] if needed['detail'] else ''}"
    if share < part.stage.least:
        return f"{max(share, 0):.0f} s are left for it, it needs {part.stage.least}"
    return ""


def hammer(night, course, table, out, seen):
    """Runs all parts; the groups of findings, and the files that show nothing any more."""
    groups, gone, tried = None, [], set()
    # What the targets say of themselves is known only when they are built: the parts are made anew after each.
    while todo := [one for one in plan.parts(table, night.targets) if one.key not in tried]:
        part = todo[0]
        tried.add(part.key)
        if part.key in course.value["parts"] and part.stage.kind != "group":
            continue
        share = plan.budget(part, [one for one in todo[1:] if one.key not in course.value["parts"]], course.value["total"] - course.spent())
        if part.stage.kind == "group":
            share = max(share, LEAST_TO_GROUP)
        reason = why_not(night, course, part, share)
        if reason:
            result = {"outcome": "skipped", "detail": reason, "status": None, "seconds": 0.0, "for_the_end": bool(night.stopped)}
        else:
            course.save(current=part.key)
            say(f"{part.key}, {share:.0f} s")
            begin = time.monotonic()
            if part.stage.kind == "group":
                groups, gone, result = findings.group(night, part, share, files.read_json(out / "groups.json", {}), seen)
            else:
                result = stages.KINDS[part.stage.kind](night, part, share)
            result["seconds"] = round(time.monotonic() - begin, 1)
        course.value["parts"][part.key] = result | {"planned": round(share, 1), "log": logs(night, part)}
        course.save(current=None)
        say(f"{part.key}: {result['outcome']}{': ' + result['detail'] if result['detail'] else ''}")
    return (findings.ungrouped(out, seen) if groups is None else groups), gone


def logs(night, part):
    base = night.log(part)
    return [str(path.relative_to(night.out)) for path in files.files_of(base.parent) if path == base or
            (path.stem.rpartition("-")[0] == base.stem and path.stem.rpartition("-")[2].isdigit())]


def finish(night, course, told, seen):
    """Writes the report, and only then what it has told of."""
    parts = course.value["parts"]
    worst = 1 if told["groups"] or any(one["outcome"] in ("finding", "failed") for one in parts.values()) else 0
    if parts and all(one["outcome"] == "skipped" and one["status"] == 3 for one in parts.values()):
        worst = 3
    if night.stopped.startswith("the disk"):
        print(f"ci/nightly: {night.stopped}", file=sys.stderr)
        worst = 3
    value = told | {
        "night": course.value["name"], "outcome": "stopped" if night.stopped else "finding" if worst == 1 else "passed", "stopped": night.stopped,
        "seed": night.seed, "workers": night.workers, "started": course.value["started"], "resumed": course.value["resumed"],
        "seconds": round(course.spent(), 1), "total": course.value["total"], "targets": list(night.targets), "parts": parts, "status": worst,
        "corpus_before": course.value["corpus_before"], "corpus_after": sizes(night),
        "coverage": facts.coverage(night), "commit": facts.commit(), "machine": facts.machine(), "again": facts.again(night, course.value)}
    report.write(night.out, value)
    known = files.read_json(night.out / "groups.json", {})
    for one in told["groups"]:
        if one["cause"] not in ("not-grouped", "not-repeated"):
            known[one["key"]] = {"first_seen": one["first_seen"] or night.name, "last_seen": night.name}
    files.write_json(night.out / "groups.json", known)
    here = {findings.short(path): f"{name}/{path.name}" for name, paths in findings.all_files(night.out).items() for path in paths}
    reported = {here[path] for one in told["groups"] for path in one["files"] if path in here}
    files.write_json(night.out / "seen.json", {name: night.name for name in reported} | seen)
    # What was stopped can be resumed; its report is written all the same.
    course.save(finished=not night.stopped, stopped=night.stopped)
    say(f"{'stopped by ' + night.stopped if night.stopped else 'done'} after {course.spent():.0f} s: {len(told['groups'])} groups of findings,"
        f" {sum(not one['known'] for one in told['groups'])} new; {night.out}/report.html")
    return worst


def main(arguments):
    options = command.parsed(arguments)
    if options.print_plan:
        print(plan.told(plan.table(plan.parts(options.table, options.targets), options.total)))
        return 0
    try:
        return go(options)
    except files.DiskFull as full:
        print(f"ci/nightly: {full}", file=sys.stderr)
        return 3
    except OSError as error:
        if error.errno in files.FULL:
            print(f"ci/nightly: no room left in {error.filename or options.out}", file=sys.stderr)
            return 3
        raise
