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
    path: pathlib.Path | None  # None for no bug at all, or one that `files` hold
    unexplored: str | None = None  # why no small space shows it
    files: tuple = ()  # paths and texts of sources in place of the sound ones

    def names(self, oracle):
        """Whether the header says that `oracle` may catch it. Crashes are what a sanitizer finds."""
        said = "sanitizer" if oracle == "crash" else oracle
        return any(fnmatch.fnmatchcase(said, pattern) for pattern in self.caught_by)


SOUND = Mutant("sound", "nothing", "none", (), None)  # built like a mutant, it must not be accused


def text_of(mutant):
    return mutant.path.read_text(encoding="utf-8") if mutant.path else "\0".join(map("\0".join, mutant.files))


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


def read_mutants(folder, only=(), troubles=None):
    """The mutants of a folder by name; those of `only`, if any are given. A patch whose header is wrong is left out and
    goes to `troubles`, where given."""
    if not folder.is_dir():
        raise Trouble(f"{folder}: no such folder")
    paths = sorted(folder.glob("*.patch"))
    missing = sorted(set(only) - {path.stem for path in paths})
    if missing:
        raise Trouble(f"{folder}: no patch named '{missing[0]}'")
    mutants = []
    for path in paths:
        if only and path.stem not in only:
            continue
        try:
            mutants.append(read_mutant(path))
        except (Trouble, UnicodeDecodeError) as wrong:
            if troubles is None:
                raise
            troubles.append(wrong if isinstance(wrong, Trouble) else Trouble(f"{path}: not text: {wrong}"))
    if not mutants and not troubles:
        raise Trouble(f"{folder}: no patch there")
    return mutants


APPLY = ["patch", "--strip=1", "--fuzz=0", "--force", "--no-backup-if-mismatch", "--reject-file=-"]


def unappliable(mutant, sources):
    """Why the patch does not apply to the tree `sources`, a line with the places in the patch and in the source; None
    where it does. Nothing is written."""
    result = subprocess.run([*APPLY, "--dry-run", f"--directory={sources}", f"--input={mutant.path}"], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode == 0:
        return None
    lines = text_of(mutant).splitlines()
    file = ""
    for line in result.stdout.splitlines():
        if match := re.fullmatch(r"(?:checking|patching) file (\S+)", line):
            file = match[1]
        elif match := re.match(r"Hunk #(\d+) FAILED at (\d+)", line):
            return (f"{mutant.path}:{hunk_line(lines, file, int(match[1]))}: the patch does not apply: its lines do not stand "
                    f"at {file}:{match[2]}")
        elif match := re.match(r"can't find file to patch at input line (\d+)", line):
            at = max(number for number, text in enumerate(lines[:int(match[1])], 1) if text.startswith("+++ "))
            return f"{mutant.path}:{at}: the patch does not apply: no file {lines[at - 1].removeprefix('+++ b/')}"
        elif match := re.fullmatch(r"patch: \*\*\*\* (.*?)(?: at line (\d+).*)?", line):
            return f"{mutant.path}:{match[2] or len(lines)}: not a whole diff: {match[1]}"
    return f"{mutant.path}: the patch does not apply: {' '.join(result.stdout.split())[:300]}"


def hunk_line(lines, file, number):
    """The line of a patch where the hunk of a file begins, counted from 1."""
    inside, seen = False, 0
    for at, line in enumerate(lines, 1):
        if line.startswith("+++ "):
            inside = line.split("\t")[0] == f"+++ b/{file}"
        elif inside and line.startswith("@@ "):
            seen += 1
            if seen == number:
                return at
    return 1


def plant(mutant, room, sources, tree):
    """A copy of the headers (or of all of `sources`' endings) of a room under `tree`, with the bug in it."""
    if tree.exists():
        shutil.rmtree(tree)
    for file in copied_files(sources / room):
        target = tree / file.relative_to(sources)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    for file, text in mutant.files:
        (tree / file).write_text(text, encoding="utf-8")
    if mutant.path is None:
        return
    result = subprocess.run([*APPLY, "--quiet", f"--directory={tree}", f"--input={mutant.path}"], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise Trouble(f"{mutant.path}: the patch does not apply: {' '.join(result.stdout.split())[:300]}")


def copied_files(room):
    return sorted(path for path in room.rglob("*") if path.suffix in (".hpp", ".cpp"))


def patched_files(mutant):
    """The files that a patch changes, as paths from the repository's root."""
    return sorted(set(re.findall(r"^\+\+\+ b/(\S+)", text_of(mutant), re.MULTILINE)))


def usable(mutants, sources, allowed, troubles):
    """The mutants whose patches apply and change files of which `allowed(file)` is true; what is wrong with the others
    goes to `troubles`."""
    good = []
    for mutant in mutants:
        foreign = next((file for file in patched_files(mutant) if not allowed(file)), None)
        if not patched_files(mutant):
            reason = f"{mutant.path}: no diff there"
        elif foreign:
            line = text_of(mutant)[:text_of(mutant).index(f"+++ b/{foreign}")].count("\n") + 1
            reason = f"{mutant.path}:{line}: changes {foreign}, which cannot be mutated here"
        else:
            reason = unappliable(mutant, sources)
        if reason:
            troubles.append(Trouble(reason))
        else:
            good.append(mutant)
    return good
