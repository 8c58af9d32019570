"""Files that are whole at every moment: each is written beside its place, synced, and renamed."""

import errno
import fcntl
import json
import os
import pathlib

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DiskFull(Exception):
    """Its text names the place in one line."""


def write(path, text):
    """Writes a file of text, or leaves the older one as it was. Raises DiskFull where there is no room."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path, content):
    """As write(), of bytes."""
    path = pathlib.Path(path)
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        beside.unlink(missing_ok=True)
        if error.errno in FULL:
            raise DiskFull(f"no room left in {path.parent} for {path.name}: the older one is kept") from error
        raise


def write_json(path, value):
    write(path, json.dumps(value, indent=1) + "\n")


def read_json(path, otherwise):
    """The value of a file, or `otherwise` where there is none that can be read."""
    try:
        return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise


def files_of(folder):
    """The files of a folder, sorted by name; hidden ones are not yet whole."""
    folder = pathlib.Path(folder)
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")) if folder.is_dir() else []


def last_line(path):
    """The last line of a log that says something."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 8192))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""


def free_mib(folder):
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize >> 20


class Lock:
    """Held by one process for a folder, and given back by the system when it dies."""

    def __init__(self, folder):
        self.file = open(pathlib.Path(folder) / ".lock", "w", encoding="utf-8")  # pylint: disable=consider-using-with

    def take(self):
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            return False
