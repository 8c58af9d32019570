"""A libFuzzer process on each core, all on one corpus, each started again when it ends before its time.

A process writes an input into the corpus, and the file of a finding into its folder, when it has it: whoever is killed, nothing is lost.
"""

import dataclasses
import pathlib
import re
import time

from night import files, processes

STATUS = re.compile(r"^#(\d+)\s+(INITED|NEW|REDUCE|pulse|RELOAD|DONE).*?cov: (\d+) ft: (\d+) corp: (\d+)/")
FINAL = re.compile(r"^stat::number_of_executed_units:\s*(\d+)")
MOST_FINDINGS = 100  # files of one target in a night: the next hundred would be the same again
MOST_BARREN = 4  # deaths in a row, for each process, of such that never came to fuzz and left nothing new
POLL = 0.2
SAMPLE = 2.0  # seconds between two points of the curves, at first
MOST_SAMPLES = 200
ENDS = ("finding", "sanitizer", "hang", "memory")  # by which a target says that it found something


@dataclasses.dataclass
class Worker:
    number: int
    log: pathlib.Path
    process: object = None
    starts: int = 0
    begun: bool = False  # it has read the corpus, and fuzzes
    given_up: bool = False  # or done
    read: int = 0  # bytes of the log
    runs_before: int = 0  # of processes that have ended
    runs: int = 0
    edges: int = 0
    features: int = 0
    inputs: int = 0

    def look(self):
        """Reads what the log says more."""
        with open(self.log, "rb") as log:
            log.seek(self.read)
            text = log.read()
        whole = text[:text.rfind(b"\n") + 1]
        self.read += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            if status := STATUS.match(line):
                self.runs = int(status[1])
                self.begun = self.begun or status[2] not in ("RELOAD", "pulse")
                self.edges, self.features, self.inputs = (max(old, int(new)) for old, new in
                                                          zip((self.edges, self.features, self.inputs), status.groups()[2:]))
            elif final := FINAL.match(line):
                self.runs = int(final[1])


class Crew:
    def __init__(self, command, logs, findings, environment, cwd, put_aside, statuses):
        """`command` makes the words for a number of a start and for seconds; `put_aside` takes what is known to kill a process out of
        what it starts from."""
        self.command, self.logs, self.findings, self.environment, self.cwd = command, logs, findings, environment, cwd
        self.statuses, self.ends = statuses, {statuses[name] for name in ENDS}
        self.put_aside, self.known, self.of_inputs, self.barren, self.size = put_aside, 0, 0, 0, 0
        self.notes, self.samples, self.found = [], [], 0
        self.lacks = ""  # what the machine lacks, where the target says that it does

    def go(self, workers, seconds, stopped):
        """Fuzzes until the time is over or stopped() is true. The notes, samples and sums are members afterwards."""
        before = self.known = len(files.files_of(self.findings))
        begin, sample_at, apart = time.monotonic(), 0.0, SAMPLE
        crew = [Worker(number, self.logs(number)) for number in range(workers)]
        self.size = workers
        while (elapsed := time.monotonic() - begin) < seconds and not stopped() and not self.lacks:
            if len(files.files_of(self.findings)) - before >= MOST_FINDINGS:
                self.notes.append(f"{MOST_FINDINGS} files of findings: the rest of its time went to the next stage")
                break
            for worker in crew:
                if worker.process is None or worker.process.poll() is not None:
                    if worker.process is not None:
                        self.ended(worker)
                    self.start(worker, seconds - elapsed)
                worker.look()
            if all(worker.given_up for worker in crew):
                break
            if elapsed >= sample_at:
                self.samples.append(self.sample(crew, elapsed))
                if len(self.samples) > MOST_SAMPLES:
                    self.samples, apart = self.samples[::2], apart * 2
                sample_at += apart
            time.sleep(POLL)
        self.end(crew)
        self.samples.append(self.sample(crew, time.monotonic() - begin))
        self.found = len(files.files_of(self.findings)) - before
        if self.of_inputs:
            self.notes.append(f"{self.of_inputs} times a process died of an input that it started from, which was put aside")

    @staticmethod
    def sample(crew, elapsed):
        return {"at": round(elapsed, 1), "runs": sum(worker.runs_before + worker.runs for worker in crew),
                "edges": max(worker.edges for worker in crew), "features": max(worker.features for worker in crew),
                "inputs": max(worker.inputs for worker in crew)}

    def start(self, worker, seconds):
        if worker.given_up or seconds < 1:
            return
        worker.runs_before, worker.runs, worker.begun = worker.runs_before + worker.runs, 0, False
        worker.log.touch()
        worker.process = processes.start(self.command(worker.number + 1000 * worker.starts, int(seconds)), worker.log, self.environment, self.cwd)
        worker.starts += 1

    def ended(self, worker):
        worker.look()
        status = worker.process.returncode
        said = files.last_line(worker.log)
        worker.process = None
        if status == self.statuses["machine_lacks"] and not worker.begun:
            self.lacks, worker.given_up = said or "the target says that the machine lacks something", True
        elif status == 0:
            worker.given_up = True  # it did all that its command told it to
        elif status < 0:
            self.notes.append(f"process {worker.number} was killed by signal {-status}, and started again")
        elif not worker.begun:
            # A bug that seeds show would end every start: what shows it goes, and is kept among the findings.
            self.put_aside()
            known = len(files.files_of(self.findings))
            self.barren = 0 if known > self.known else self.barren + 1
            self.of_inputs += known > self.known
            self.known = known
            if self.barren >= MOST_BARREN * self.size:
                worker.given_up = True
                self.notes.append(f"process {worker.number} was given up: {self.barren} deaths before it fuzzed left nothing new, the last with status"
                                  f" {status}: {said}")
        elif status not in self.ends:
            self.notes.append(f"process {worker.number} ended with status {status}: {said}")

    def end(self, crew):
        """They write their last figures, and end; one that does not is killed."""
        for worker in crew:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.terminate()
        deadline = time.monotonic() + 10
        for worker in crew:
            if worker.process is not None:
                try:
                    worker.process.wait(max(0.1, deadline - time.monotonic()))
                except processes.subprocess.TimeoutExpired:
                    worker.process.kill()
                    worker.process.wait()
                    self.notes.append(f"process {worker.number} did not end when told to, and was killed")
            if worker.log.exists():
                worker.look()
