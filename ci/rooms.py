"""Which room of the project includes files of which other."""

import collections
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

# From the ground up: a room knows none that stands behind it here.
ROOMS = [
    "interpose", "allocator", "record", "harness/base", "harness/trace", "harness/subjects", "harness/oracles",
    "harness/process", "harness/report", "harness/run", "harness/library", "harness/c_program", "harness/contract",
    "harness/explore", "harness/record", "harness/picture", "worker", "preload", "watch", "clients", "fuzz",
    "properties", "adapted", "bench", "mutants", "reported", "cli", "docs",
]


def room_of(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "harness" and len(parts) > 2 else parts[0]


def is_test(path):
    return "_test." in path or "/testing/" in path or path.endswith("testing.hpp")


def sources():
    """Path and text of every file of C++ that is not a test."""
    folders = {room.split("/")[0] for room in ROOMS}
    files = [file for folder in sorted(folders) for file in sorted((ROOT / folder).rglob("*.[ch]pp"))]
    found = {file.relative_to(ROOT).as_posix(): file for file in files}
    return {path: file.read_text(encoding="utf-8") for path, file in found.items() if not is_test(path)}


def arrows(files):
    """The rooms whose files each room includes: {room: {other, ...}}."""
    found = collections.defaultdict(set)
    for path, text in files.items():
        for included in re.findall(r'^#include "([^"]+)"', text, re.MULTILINE):
            if "/" in included and room_of(included) != room_of(path):
                found[room_of(path)].add(room_of(included))
    return found


def complaints(found):
    """What is wrong with the arrows, a line each: a room that nobody placed, or one that knows a room above it."""
    wrong = []
    for room, others in sorted(found.items()):
        for other in sorted(others):
            unplaced = [each for each in (room, other) if each not in ROOMS]
            if unplaced:
                wrong.append(f"{unplaced[0]} has no place in the list of rooms")
            elif ROOMS.index(other) > ROOMS.index(room):
                wrong.append(f"{room} knows {other}, which stands above it")
    return wrong


def table(found):
    lines = ["| room | includes files of |", "|---|---|"]
    for room in ROOMS:
        if found.get(room):
            others = sorted(found[room], key=ROOMS.index)
            lines.append(f"| `{room}` | " + ", ".join(f"`{other}`" for other in others) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(arrows(sources())))
