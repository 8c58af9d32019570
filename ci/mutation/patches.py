"""A mutant is one patch file: a header of words, then a diff."""

import dataclasses
import fnmatch
import pathlib
import re
import shutil
import subprocess

from mutation.errors import Trouble

FIELDS = ("Name", "Wrong", "Origin", "Caught-by")


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    wrong: str
    origin: str
    caught_by: tuple  # oracles that name the cause, patterns allowed
    path: pathlib.Path | None  # None for no bug at all
    unexplored: str | None = None  # why no small space shows it

    def names(self, oracle):
        """Whether the header says that `oracle` may catch it. Crashes are what a sanitizer finds."""
        said = "sanitizer" if oracle == "crash" else oracle
        return any(fnmatch.fnmatchcase(said, pattern) for pattern in self.caught_by)


SOUND = Mutant("sound", "nothing", "none", (), None)  # built like a mutant, it must not be accused


def text_of(mutant):
    return mutant.path.read_text(encoding="utf-8") if mutant.path else ""


def read_mutant(path):
    header = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("--- "):
            break
        match = re.fullmatch(r"([A-Z][a-z]*(?:-[a-z]+)?): (.*\S)", line)
        if match:
            header[match[1]] = match[2]
        elif line.strip():
            raise Trouble(f"{path}:{number}: expected 'Field: words' or a diff, found '{line}'")
    for field in FIELDS:
        if field not in header:
            raise Trouble(f"{path}: expected a line '{field}: ...' before the diff")
    if header["Name"] != path.stem:
        raise Trouble(f"{path}: its name is '{header['Name']}', its file's is '{path.stem}'")
    return Mutant(header["Name"], header["Wrong"], header["Origin"],
                  tuple(header["Caught-by"].split(" | ")), path.resolve(), header.get("Explored"))


def read_mutants(folder, only=()):
    """The mutants of a folder by name; those of `only`, if any are given."""
    if not folder.is_dir():
        raise Trouble(f"{folder}: no such folder")
    mutants = [read_mutant(path) for path in sorted(folder.glob("*.patch"))]
    missing = sorted(set(only) - {mutant.name for mutant in mutants})
    if missing:
        raise Trouble(f"{folder}: no patch named '{missing[0]}'")
    if only:
        mutants = [mutant for mutant in mutants if mutant.name in only]
    if not mutants:
        raise Trouble(f"{folder}: no patch there")
    return mutants


def plant(mutant, room, sources, tree):
    """A copy of the headers (or of all of `sources`' endings) of a room under `tree`, with the bug in it."""
    if tree.exists():
        shutil.rmtree(tree)
    for file in copied_files(sources / room):
        target = tree / file.relative_to(sources)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    if mutant.path is None:
        return
    result = subprocess.run(
        ["patch", "--quiet", "--strip=1", "--fuzz=0", "--no-backup-if-mismatch", "--reject-file=-",
         f"--directory={tree}", f"--input={mutant.path}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        raise Trouble(f"{mutant.name}: the patch does not apply: {' '.join(result.stdout.split())[:300]}")


def copied_files(room):
    return sorted(path for path in room.rglob("*") if path.suffix in (".hpp", ".cpp"))


def patched_files(mutant):
    """The files that a patch changes, as paths from the repository's root."""
    return sorted(set(re.findall(r"^\+\+\+ b/(\S+)", text_of(mutant), re.MULTILINE)))
