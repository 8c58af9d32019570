"""The libraries of reported/: what each says of itself at the head of its file, and whether a finding is of its fault."""

import dataclasses
import pathlib
import re

FIELDS = ("Report", "Allocator", "Fault", "Breaks")
OPTIONAL = ("Declares", "Missed")


@dataclasses.dataclass(frozen=True)
class Library:
    """One file. `breaks` are oracles and clauses, or the first words of their names; `declares` are options that say what the
    allocator promises of itself; `missed` says why nothing is found."""
    name: str
    report: str
    allocator: str
    fault: str
    breaks: tuple
    missed: str = ""
    declares: tuple = ()

    def is_broken_by(self, oracle):
        """Whether a finding of this oracle, or of this clause, is of the fault."""
        name = oracle.removeprefix("contract.")
        return any(name == word or name.startswith(word + ".") for word in self.breaks)


def fields(text, name):
    """The lines 'Field: words' that open a file, a field's words going on in lines that are indented by two blanks more."""
    found = {}
    last = None
    for number, line in enumerate(text.splitlines(), 1):
        match = re.fullmatch(r"// (  )?(?:(\w+): )?(.*)", line)
        if not match:
            break
        more, field, words = match.groups()
        if more:
            if last is None:
                raise ValueError(f"{name}:{number}: words that belong to no field")
            found[last] += " " + (f"{field}: " if field else "") + words
            continue
        if field not in FIELDS + OPTIONAL:
            raise ValueError(f"{name}:{number}: expected one of {', '.join(FIELDS + OPTIONAL)}, found '{line[3:]}'")
        if field in found:
            raise ValueError(f"{name}:{number}: {field} for the second time")
        last = field
        found[field] = words
    missing = [field for field in FIELDS if not found.get(field, "").strip()]
    if missing:
        raise ValueError(f"{name}: no line '// {missing[0]}: ...' at the head of the file")
    if not re.fullmatch(r"https?://\S+", found["Report"]):
        raise ValueError(f"{name}: expected the address of a report, found '{found['Report']}'")
    return found


def parsed(text, name):
    """The library of a file; raises ValueError, in one line with the place."""
    found = fields(text, name)
    breaks = tuple(word.strip() for word in found["Breaks"].split(","))
    return Library(pathlib.Path(name).stem, found["Report"], found["Allocator"], found["Fault"], breaks, found.get("Missed", ""),
                   declared(text))


def declared(text):
    """The options that a file's line 'Declares' names; a control, which has no other field, may have this one."""
    match = re.search(r"^// Declares: (.+)$", text, re.MULTILINE)
    return tuple(match[1].split()) if match else ()


def all_of(folder):
    """Those of a folder, by name."""
    return [parsed(path.read_text(encoding="utf-8"), str(path)) for path in sorted(folder.glob("*.cpp"))]


def short(url):
    """A report's address as people write it: owner/repository#number."""
    match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+)/(?:issues|pull)/(\d+)", url)
    return f"{match[1]}#{match[2]}" if match else url
