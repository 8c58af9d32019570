"""A mutant schema: one program that holds many mutants, of which an environment variable chooses one when it starts. Each
mutant is a copy of the whole body of the function that it changes, so that any change of text can be one. The compiler tells
by its lines which do not compile."""

import collections
import dataclasses
import re

from mutation import operators
from mutation.errors import Trouble
from mutation.patches import Mutant

CHOSEN = "POOLHAMMER_MUTANT"
# A file with a byte for each number: that of a body's first mutant becomes 1 where the body is entered, also by a child.
ENTERED = "POOLHAMMER_MUTANTS_ENTERED"
HEADER = "chosen_mutant.hpp"
# In a constant expression, and where nothing is chosen, the sound body serves.
HEADER_TEXT = f"""\
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstddef>
#include <cstdlib>
#include <type_traits>
namespace chosen_mutant {{
inline unsigned char* map_entered() {{
  const char* const file = std::getenv("{ENTERED}");
  const int descriptor = file == nullptr ? -1 : ::open(file, O_RDWR | O_CLOEXEC);
  struct stat status {{}};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) return nullptr;
  void* const memory = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  return memory == MAP_FAILED ? nullptr : static_cast<unsigned char*>(memory);
}}
inline unsigned char* const entered = map_entered();
inline unsigned long read() {{
  const char* const text = std::getenv("{CHOSEN}");
  return text == nullptr ? 0 : std::strtoul(text, nullptr, 10);
}}
inline const unsigned long number = read();
constexpr unsigned long get(unsigned long site) {{
  if (std::is_constant_evaluated()) return 0;
  if (entered != nullptr) entered[site] = 1;
  return number;
}}
}}
"""


@dataclasses.dataclass(frozen=True)
class Place:
    """The lines of a file that only one mutant has."""
    first: int
    last: int
    number: int


class Schema:
    """The mutations by their numbers, from 1, as sources."""

    def __init__(self, root, numbered):
        self.numbered = dict(numbered)
        self.places = {}
        self.sites = {}  # the number of the first mutant of the same body
        files = [(HEADER, HEADER_TEXT)]
        by_file = collections.defaultdict(list)
        for number, mutation in self.numbered.items():
            by_file[mutation.file].append((number, mutation))
        for file, mine in sorted(by_file.items()):
            text, self.places[file], sites = with_choices(operators.Source(file, (root / file).read_text(encoding="utf-8")), mine)
            files.append((file, text))
            self.sites.update(sites)
        self.mutant = Mutant("schema", "any of many", "generated", ("*",), None, files=tuple(files))

    def blamed(self, output):
        """The numbers of the mutants that a compiler's output accuses. An error outside of all of them belongs to those in
        whose lines the templates were asked for."""
        accused, block = set(), None
        for line in output.splitlines():
            match = re.match(r"(\S+?):(\d+):(?:\d+:)? (fatal error|error|note):", line)
            if not match:
                continue
            if match[3] != "note":
                block = False
            number = self.at(match[1], int(match[2]))
            if number and not block:
                accused.add(number)
                block = True
        return accused

    def at(self, path, line):
        for file, places in self.places.items():
            if path.endswith("/" + file):
                return next((place.number for place in places if place.first <= line <= place.last), None)
        return None


def with_choices(source, numbered):
    """A source whose functions ask which mutant is chosen, the places of the mutants in it, and of each the site: the number
    of the first in the same body."""
    by_body = collections.defaultdict(list)
    for number, mutation in numbered:
        by_body[source.body_at(mutation.begin)].append((number, mutation))
    text, places, sites, at = "", [], {}, 0
    first = re.search(r"^#(?:pragma once|include)", source.text, re.MULTILINE)
    if first:
        at = first.end() if source.text.startswith("#pragma", first.start()) else first.start()
        text = source.text[:at] + f'\n#include "{HEADER}"\n'
    line = text.count("\n") + 1
    for body in sorted(by_body, key=lambda body: body.begin):
        pieces = [source.text[at:body.begin], f"switch (::chosen_mutant::get({by_body[body][0][0]})) {{ default: {{",
                  source.text[body.begin:body.end], "} break;\n"]
        line += sum(piece.count("\n") for piece in pieces)
        for number, mutation in by_body[body]:
            variant = source.text[body.begin:mutation.begin] + mutation.new + source.text[mutation.end:body.end]
            pieces.append(f"case {number}: {{{variant}\n}} break;\n")
            sites[number] = by_body[body][0][0]
            places.append(Place(line, line + pieces[-1].count("\n") - 1, number))
            line += pieces[-1].count("\n")
        text += "".join(pieces) + "}"
        at = body.end
    return text + source.text[at:], places, sites


def choosable(source_of, mutations):
    """Those that a schema can hold: all within one function's body."""
    kept = []
    for mutation in mutations:
        body = source_of(mutation.file).body_at(mutation.begin)
        if body and mutation.end <= body.end:
            kept.append(mutation)
    return kept


def compilable(numbered, errors_of):
    """The mutations that compile together. errors_of(numbered) is None where these do, or the numbers that the compiler
    accuses; where it accuses none, halves are tried."""
    numbered = dict(numbered)
    while numbered:
        accused = errors_of(numbered)
        if accused is None:
            return numbered
        accused &= set(numbered)
        if accused:
            numbered = {number: mutation for number, mutation in numbered.items() if number not in accused}
        elif len(numbered) == 1:
            return {}
        else:
            items = list(numbered.items())
            halves = [compilable(items[:len(items) // 2], errors_of), compilable(items[len(items) // 2:], errors_of)]
            both = {**halves[0], **halves[1]}
            if len(both) == len(numbered):
                raise Trouble("two halves of a schema compile, both together do not")
            numbered = both
    return numbered
