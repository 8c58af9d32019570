"""The processes that this command starts: each leads a group of its own, and none outlives the command."""

import contextlib
import os
import signal
import subprocess
import threading

from mutation.errors import Interrupted
from night import processes


class _Started:
    """The groups whose leaders are not yet waited for, so that their numbers are theirs."""

    def __init__(self):
        self.lock = threading.Lock()
        self.groups = set()
        self.stopping = False

    def end(self, group):
        with self.lock:
            self.groups.discard(group)
            _kill(group)


_STARTED = _Started()


def _kill(group):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def run(words, limit=None, **options):
    """Runs a command to its end. Returns its exit status (negative: the signal), its usage of resources, and its output
    where `options` make stdout a pipe. What it leaves behind is killed. `limit` is called in the new process."""
    dying = processes.dying_with(os.getpid(), signal.SIGKILL)

    def prepare():
        dying()
        if limit:
            limit()

    with _STARTED.lock:
        if _STARTED.stopping:
            raise Interrupted(signal.SIGTERM)
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=prepare, **options)
        _STARTED.groups.add(process.pid)
    try:
        output = process.stdout.read() if process.stdout else None
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    finally:
        _STARTED.end(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.stdout:
            process.stdout.close()
    return process.returncode, usage, output


def stop():
    """Ends every process that runs; run() then starts no other."""
    with _STARTED.lock:
        _STARTED.stopping = True
        for group in _STARTED.groups:
            _kill(group)


def raise_at_signals():
    """An interrupt or a termination raises Interrupted in the main thread, once."""
    def ended(number, _frame):
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is not signal.SIG_IGN:  # as nohup asks
            signal.signal(each, ended)
