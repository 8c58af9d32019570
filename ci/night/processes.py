"""Starting programs that end with the one that started them, and finding those that did not."""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
TAG = "POOLHAMMER_NIGHT"  # in the environment of all that a night starts
WARDEN = pathlib.Path(__file__).resolve().parent / "warden.py"
_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option, value):
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def dying_with(parent, number):
    """For preexec_fn: the system sends `number` when `parent`, the starter, dies, however it dies."""
    def prepare():
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before the call
            os._exit(128 + number)
    return prepare


def start(command, log, environment, cwd, number=signal.SIGTERM):
    """Starts one program that gets a signal when this process dies; its output goes behind that of `log`."""
    with open(log, "ab") as output:
        return subprocess.Popen(list(map(str, command)), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=cwd,
                                env=environment, start_new_session=True, preexec_fn=dying_with(os.getpid(), number))


def start_guarded(command, log, environment, cwd, grace):
    """As start(), for a program that starts others: all of them end with it and with this process. When they are told to, they have `grace`
    seconds to do so in order."""
    return start([sys.executable, WARDEN, grace, *command], log, environment, cwd)


def family(root):
    """The processes below one, nearest first. Those whose parents died are below a subreaper too."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        below = children.get(todo.pop(0), [])
        found += below
        todo += below
    return found


def tagged(night):
    """The processes of a night, by the tag in their environment."""
    wanted = f"{TAG}={night}".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def end_tagged(night):
    """Kills what a night that is over left running; how many."""
    left = tagged(night)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return len(left)
