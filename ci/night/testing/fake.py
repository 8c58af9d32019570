#!/usr/bin/env python3
"""Stands in for engines and commands in tests of the night: quick, and the same every time.

fake.py fuzz CORPUS FINDINGS SEED THIRD
                                    an engine: writes inputs and a finding, and dies of it; its third life does `end` or `wait`
fake.py picky CORPUS FINDINGS SEEDS...
                                    an engine that dies of the first input that begins with `bad`, as soon as it reads it; else it ends
fake.py merge CHOSEN CORPUS         chooses one input of each content; waits first where a file `hold` lies beside the corpora
fake.py group ... FILE...           as `poolhammer group --json`: the content of a file is its cause, `nothing` shows nothing
fake.py end STATUS TEXT             says the text, ends with the status
fake.py --describe                  the statuses of a target
fake.py wait FILE                   writes the number of its process to a file, starts a child in a session of its own, and waits
"""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time


def appears(path, text):
    """A file that is whole as soon as it is seen: a test that watches the folder must not read half of it, and a kill not leave half."""
    beside = path.parent.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def fuzz(corpus, findings, seed, third):
    seed = int(seed)
    life = seed // 1000

    def report_crash(*_):
        print("stat::number_of_executed_units: 50", flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, report_crash)
    print("#2 INITED cov: 10 ft: 20 corp: 1/1b exec/s: 0 rss: 1Mb", flush=True)
    for number in range(4):
        appears(pathlib.Path(corpus) / f"input-{seed}-{number}", f"{number}\n")
    if life < 2:
        appears(pathlib.Path(findings) / f"finding-{seed:016x}.trace", "cause.a" if seed % 2 else "cause.b")
        print("#40 NEW cov: 11 ft: 21 corp: 4/4b exec/s: 0 rss: 1Mb", flush=True)
        return 77
    appears(pathlib.Path(findings) / f".worker-{seed}", str(os.getpid()))
    if third == "end":
        report_crash()
    while True:
        signal.pause()


def picky(corpus, findings, *seeds):
    for folder in (corpus, *seeds):
        for path in sorted(pathlib.Path(folder).iterdir()):
            content = path.read_bytes()
            if content.startswith(b"bad"):
                (pathlib.Path(findings) / f"crash-{hashlib.sha1(content).hexdigest()}").write_bytes(content)
                return 77
    print("#2 INITED cov: 10 ft: 20 corp: 1/1b exec/s: 0 rss: 1Mb", flush=True)
    return 0


def merge(chosen, corpus):
    chosen, corpus = pathlib.Path(chosen), pathlib.Path(corpus).resolve()
    held = {}
    for path in sorted(corpus.iterdir()):
        held.setdefault(path.read_text(encoding="utf-8"), path)
    for number, (text, path) in enumerate(held.items()):
        appears(chosen / path.name, text)
        hold = corpus.parent / "hold"
        if number == 0 and hold.exists():
            hold.with_name("held").touch()
            while True:
                signal.pause()
    return 0


def group(*words):
    shortest = pathlib.Path(words[words.index("--shortest") + 1])
    files = [word for word in words if word.endswith(".trace")]
    causes = {}
    for file in files:
        causes.setdefault(pathlib.Path(file).read_text(encoding="utf-8"), []).append(file)
    silent = causes.pop("nothing", [])
    groups = []
    for cause, its in causes.items():
        (shortest / f"finding-{cause}.trace").write_text(cause, encoding="utf-8")
        groups.append({"cause": cause, "program": "malloc a #0", "files": its, "smallest": its[0], "operations": 9, "shortest_operations": 1,
                       "finding": {"oracle": cause, "where": "here", "expected": "<this>", "found": "that & more"},
                       "reproduce": "", "shortest": f"{shortest}/finding-{cause}.trace"})
    print(json.dumps({"groups": groups, "nothing_found": silent, "unreadable": []}))
    return 1 if groups else 0


def end(status, text):
    print(text)
    return int(status)


def describe():
    print(json.dumps({"statuses": {"finding": 77, "sanitizer": 1, "hang": 70, "memory": 71, "machine_lacks": 3}}))
    return 0


def wait(file):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    pathlib.Path(f"{file}.new").write_text(f"{os.getpid()} {child.pid}", encoding="utf-8")
    os.replace(f"{file}.new", file)
    time.sleep(600)
    return 0


if __name__ == "__main__":
    sys.exit({"fuzz": fuzz, "picky": picky, "merge": merge, "group": group, "end": end, "wait": wait, "--describe": describe}[sys.argv[1]](*sys.argv[2:]) or 0)
