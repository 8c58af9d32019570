"""The corpora of a night: their size, and taking over a smaller cover without a moment at which an input of it is missing."""

import hashlib
import re
import shutil

from night import files

HASH = re.compile(r"[0-9a-f]{40}")
CRASH = re.compile(r"(?:crash|timeout|oom|leak)-([0-9a-f]{40})")


def size(folder):
    """Inputs and bytes."""
    found = files.files_of(folder)
    return len(found), sum(path.stat().st_size for path in found)


def room_of(corpus):
    """An empty folder beside a corpus, on the same disk. What lies there belongs to nobody until it is adopted."""
    room = corpus.parent.parent / "rooms" / f"chosen-{corpus.name}"
    forget(room)
    room.mkdir(parents=True)
    return room


def forget(room):
    shutil.rmtree(room, ignore_errors=True)


def is_whole(path):
    """Engines name an input by its content, and do not notice a disk that is full."""
    return not HASH.fullmatch(path.name) or hashlib.sha1(path.read_bytes()).hexdigest() == path.name


def adopt(corpus, chosen, held):
    """Makes `chosen`, a cover of the inputs `held`, what the corpus has. First all of the cover is there, each by a rename; only then
    do others of `held` go. Whoever is killed on the way leaves too many inputs, never too few; inputs that came since stay.
    False where it is no cover, and nothing was done."""
    cover = {path.name for path in files.files_of(chosen)}
    if held and not cover:
        return False  # a target that covers nothing says nothing about which inputs are of use
    if not all(is_whole(path) for path in files.files_of(chosen)):
        return False
    for path in files.files_of(chosen):
        if not (corpus / path.name).exists():
            path.replace(corpus / path.name)
    for path in held:
        if path.name not in cover:
            path.unlink(missing_ok=True)
    return True


def put_aside(corpus, findings, seeds, safe):
    """Takes the inputs that an engine died of, known by the names of its crash files, out of a corpus, and makes `safe` the seeds
    without them. They lie among the findings."""
    guilty = {match[1] for path in files.files_of(findings) if (match := CRASH.fullmatch(path.name))}
    if not safe.is_dir():
        safe.mkdir(parents=True)
        for folder in seeds:
            for path in files.files_of(folder):
                content = path.read_bytes()
                (safe / hashlib.sha1(content).hexdigest()).write_bytes(content)
    for name in guilty:
        (safe / name).unlink(missing_ok=True)
        (corpus / name).unlink(missing_ok=True)
