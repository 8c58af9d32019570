#!/usr/bin/env python3
"""warden.py SECONDS COMMAND...: runs a command, and lets nothing that it starts outlive it.

A SIGTERM, or the death of who started this, ends the command as an interrupt at a terminal would; what is left
so many seconds later is killed, with all below it. Exit status: the command's, 128 and the signal's number where it died of one.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from night import processes  # noqa: E402, its place is known only now

POLL = 0.1
COMMAND = {}


def reap():
    """Takes leave of orphans that have ended; the command itself is waited for elsewhere."""
    try:
        while True:
            info = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if info is None or info.si_pid == COMMAND.get("pid"):
                return
            os.waitpid(info.si_pid, os.WNOHANG)
    except ChildProcessError:
        pass


def signal_group(pid, number):
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def main():
    processes.prctl(processes.PR_SET_CHILD_SUBREAPER, 1)
    asked = []
    grace = float(sys.argv[1])
    ladder = [(0, signal.SIGINT), (grace, signal.SIGTERM), (grace + 2, signal.SIGKILL)]
    signal.signal(signal.SIGTERM, lambda *_: asked.append(time.monotonic()))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare = processes.dying_with(os.getpid(), signal.SIGKILL)

    def prepare_command():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        prepare()

    command = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=prepare_command)
    COMMAND["pid"] = command.pid
    while command.poll() is None:
        while asked and ladder and time.monotonic() - asked[0] >= ladder[0][0]:
            signal_group(command.pid, ladder.pop(0)[1])
        reap()
        time.sleep(POLL)
    while left := processes.family(os.getpid()):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        COMMAND.clear()
        reap()
        time.sleep(0.01)
    status = command.returncode
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
