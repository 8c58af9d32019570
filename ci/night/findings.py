"""What a night found: the files, sorted into groups by their cause, each new or known from an earlier night."""

import os
import re
import shlex
import subprocess
import tempfile

import fuzz_targets
from fuzz_targets import ROOT
from night import files, stages

OURS = re.compile(r".*\.trace|.*\.input|(crash|timeout|oom|leak|slow-unit)-[0-9a-f]+")
MOST_FILES = 200  # of one folder, the newest; the others are listed
CAUSE = re.compile(rb"^FINDING: (\S+)", re.MULTILINE)


def all_files(out):
    """Every file of a finding, by the name of its folder."""
    folder = out / "findings"
    return {place.name: [path for path in files.files_of(place) if OURS.fullmatch(path.name) and not path.name.startswith("slow-unit")]
            for place in sorted(folder.iterdir()) if place.is_dir()} if folder.is_dir() else {}


def short(path):
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def group(night, part, seconds, known, seen):
    """All groups, and the result of the stage. `known` are the groups of earlier nights by key, `seen` the files they reported."""
    groups, gone, complaints = [], [], []
    night.log(part).unlink(missing_ok=True)
    found = {name: paths for name, paths in all_files(night.out).items() if paths}
    for number, (name, paths) in enumerate(found.items()):
        share = max(2.0, seconds / (len(found) - number))
        chosen = sorted(paths, key=lambda path: path.stat().st_mtime)[-MOST_FILES:]
        if len(paths) > len(chosen):
            complaints.append(f"{name}: only the newest {MOST_FILES} of {len(paths)} files were grouped")
        sort = by_target if (fuzz_targets.known(name) or {}).get("inputs") == "bytes" else by_command
        made, silent, said = sort(night, part, name, chosen, share)
        if said:
            complaints.append(f"{name}: {said}")
        groups += made
        gone += [path for path in silent if f"{name}/{path.name}" in seen]
        again = [path for path in silent if f"{name}/{path.name}" not in seen]
        if again:
            groups.append(entry(name, "not-repeated", "a crash that did not come again", again, None, ()))
    for one in groups:
        one["known"] = one["key"] in known or all(f"{one['from']}/{os.path.basename(file)}" in seen for file in one["files"])
        told = [seen[name] for file in one["files"] if (name := f"{one['from']}/{os.path.basename(file)}") in seen]
        one["first_seen"] = known.get(one["key"], {}).get("first_seen") or min([*told, night.name])
    result = {"outcome": "failed" if complaints else "passed", "status": 0,
              "detail": "; ".join(complaints) or f"{sum(map(len, found.values()))} files, {len(groups)} groups, {len(gone)} show nothing any more"}
    if night.stopped and complaints:
        result["outcome"] = "stopped"
    return groups, gone, result


def ungrouped(out, seen):
    """Where there was no time to group: the files that no earlier night reported."""
    return [entry(name, "not-grouped", f"{len(new)} files", new, None, ()) | {"known": False, "first_seen": None}
            for name, paths in all_files(out).items() if (new := [path for path in paths if f"{name}/{path.name}" not in seen])]


def entry(name, cause, program, paths, command, options, **more):
    raw = min(paths, key=lambda path: (path.stat().st_size, path.name))
    whose = name if cause in ("not-repeated", "not-grouped") else "traces"
    one = {"key": f"{whose}|{cause}|{program}", "from": name, "cause": cause, "program": program,
           "files": [short(path) for path in paths], "shortest": None, "replay": replay(command, raw, options, raw.suffix != ".trace") if command else None,
           "raw": short(raw)}
    target = fuzz_targets.program(name)
    if target.exists():
        one["raw_replay"] = f"{short(target)} {short(raw)}"
    return one | more


def replay(command, path, options, raw):
    return " ".join([short(command), "replay", short(path), *(["--raw"] if raw else []), *options])


def by_command(night, part, name, paths, seconds):
    """Sorted by `poolhammer group`, with each way to show them until one does."""
    left, made = list(paths), []
    options = (fuzz_targets.known(name) or {"replay": {"options": []}})["replay"]["options"]
    ways = [shlex.split(text) for text in options] or [()]
    for way in ways:
        shortest = stages.made(night.out / "shortest" / name)
        answer = night.out / "rooms" / "groups.json"
        stages.made(answer.parent)
        answer.unlink(missing_ok=True)
        words = [*night.words(part, seconds, shortest=shortest), *way, *left]
        status, why, said = stages.run(night, part, ["/bin/sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "group", answer, *words], seconds / len(ways))
        told = files.read_json(answer, None)
        if why or status not in (0, 1) or told is None:
            trouble = f"not grouped: {'its time was over' if why else f'status {status}: {said}'}"
            return [*made, entry(name, "not-grouped", f"{len(left)} files", left, words[0], way)], [], trouble
        by_name = {str(path): path for path in left}
        for one in told["groups"]:
            its = [by_name[text] for text in one["files"]]
            found = one["finding"]
            here = (night.out / "shortest" / name / os.path.basename(one["shortest"])) if one.get("shortest") else None
            more = {"operations": one["operations"], "shortest_operations": one["shortest_operations"], "where": found.get("where", ""),
                    "expected": found.get("expected", ""), "found": found.get("found", "")}
            if here:
                more |= {"shortest": short(here), "replay": replay(words[0], here, way, False), "text": as_text(words[0], here)}
            made.append(entry(name, one["cause"], one["program"], its, words[0], way, **more))
        left = [by_name[text] for text in told["nothing_found"]]
        unreadable = [by_name[one["file"]] for one in told["unreadable"] if one["file"] in by_name]
        left += unreadable
        if not left:
            break
    return made, left, ""


def as_text(command, path):
    done = subprocess.run([command, "show", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False, timeout=20)
    return done.stdout[:4000] if done.returncode == 0 else ""


def by_target(night, _part, name, paths, seconds):
    """Sorted by the cause that the target itself names when it runs a file again."""
    program = fuzz_targets.program(name)
    causes, silent = {}, []
    if not program.exists():
        return [entry(name, "not-grouped", f"{len(paths)} files", paths, None, ())], [], f"not grouped: there is no program {short(program)}"
    with tempfile.TemporaryDirectory(prefix="night-") as room:
        for path in paths:
            if night.must_end():
                return [entry(name, "not-grouped", f"{len(paths)} files", paths, None, ())], [], "not grouped: the night was ended"
            try:
                done = subprocess.run([program, path.absolute()], cwd=room, env=night.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                                      timeout=max(5.0, min(30.0, seconds)))
                cause = CAUSE.search(done.stdout)
                said = cause[1].decode(errors="replace") if cause else f"status {done.returncode}" if done.returncode else None
            except subprocess.TimeoutExpired:
                said = "hang"
            if said is None:
                silent.append(path)
            else:
                causes.setdefault(said, []).append(path)
    return [entry(name, cause, "shown by its target", its, None, ()) for cause, its in causes.items()], silent, ""
