"""What tests of the night share: a night of fakes in a folder of its own, and waiting for what happens."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from night import processes  # noqa: E402, its place is known only now

NIGHTLY = pathlib.Path(__file__).resolve().parents[2] / "nightly"
FAKE = str(pathlib.Path(__file__).resolve().parent / "fake.py")
PATIENCE = 60  # seconds until something that must happen counts as not happening


def fuzz(third="end", **more):
    return {"name": "libfuzzer", "weight": 6, "least": 1, "kind": "crew", "parts": ["TARGETS"],
            "command": [FAKE, "fuzz", "{corpus}", "{findings}", "{seed}", third]} | more


MERGE = {"name": "merge", "weight": 2, "least": 1, "kind": "merge", "parts": ["TARGETS"], "must_end": True,
         "command": [FAKE, "merge", "{chosen}", "{corpus}"]}
GROUP = {"name": "group", "weight": 1, "least": 1, "kind": "group", "command": [FAKE, "group", "--shortest", "{shortest}"]}


def script(name, *words, **more):
    return {"name": name, "weight": 1, "least": 1, "command": [FAKE, *words]} | more


def until(happens, what):
    """Waits for an event, and gives what `happens` returned."""
    limit = time.monotonic() + PATIENCE
    while not (value := happens()):
        if time.monotonic() > limit:
            raise AssertionError(f"did not happen: {what}")
        time.sleep(0.02)
    return value


class NightCase(unittest.TestCase):
    def setUp(self):
        room = tempfile.TemporaryDirectory(prefix="night test-")
        self.addCleanup(room.cleanup)
        self.room = pathlib.Path(room.name)
        self.out = self.room / "out"
        self.started = []
        self.addCleanup(self.end)

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()
        if (self.out / "state.json").exists():
            processes.end_tagged(self.state()["name"])

    def start(self, plan, *more, seconds=500, **how):
        """A night of this plan, running."""
        (self.room / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        command = [sys.executable, NIGHTLY, "--plan", self.room / "plan.json", "--out", self.out, "--seconds", seconds, "--targets", "heap",
                   "--seed", 1, "--workers", 2, "--least-free", 1, *more]
        process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **how)
        self.started.append(process)
        return process

    def night(self, plan, *more, **how):
        """A night of this plan, until its end: status, what it said, what it complained of."""
        process = self.start(plan, *more, **how)
        said, complained = process.communicate(timeout=2 * PATIENCE)
        return process.returncode, said, complained

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def state(self):
        return json.loads((self.out / "state.json").read_text(encoding="utf-8"))

    def report(self):
        return json.loads((self.out / "report.json").read_text(encoding="utf-8"))

    def corpus(self):
        return {path.name: path.read_text(encoding="utf-8") for path in (self.out / "corpus" / "heap").glob("*")}

    def findings(self):
        return {path.name for path in (self.out / "findings" / "heap").glob("*.trace")}

    def reported(self):
        return {os.path.basename(file) for one in self.report()["groups"] for file in one["files"]}
