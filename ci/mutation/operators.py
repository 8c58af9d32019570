"""Small changes to a C++ source, one at a time: what a tired hand may write. The sources are formatted by clang-format,
whose blanks tell a binary operator from a template's bracket or a pointer's star."""

import collections
import dataclasses
import re

# What is not mutated, with the reason: reviewed by hand.
EXCLUDED_LINES = [
    (r"pool_events|arena_events|\bevents\b|PoolEvents|ArenaEvents",
     "counters of past events: an engine's features, no decision of the heap reads them"),
    (r"\b(un)?poison\(", "forbids clients memory under AddressSanitizer: no part of the shipped code"),
    (r"\bstatic_assert\b", "checked by the compiler"),
    (r"\[\[no_unique_address\]\]|= (?:delete|default);|^#|^\s*using\b|^template\b|^\s*template\b|^\s*friend\b",
     "declarations"),
]
EXCLUDED_FUNCTIONS = {
    "visit_cells": "asked by the checkers alone",
    "visit_below": "asked by the checkers alone",
    "nodes": "asked by the subject's account of what remains",
    "nodes_below": "asked by the subject's account of what remains",
    "empty": "asked by the checkers alone",
    "note_length": "a counter of past events",
}

SWAPS = {
    " < ": [" <= ", " >= "], " <= ": [" < ", " > "], " > ": [" >= ", " <= "], " >= ": [" > ", " < "],
    " == ": [" != "], " != ": [" == "],
    " + ": [" - "], " - ": [" + "], " * ": [" + "], " / ": [" * "], " % ": [" / "],
    " & ": [" | "], " | ": [" & "], " << ": [" >> "], " >> ": [" << "],
    " && ": [" || "], " || ": [" && "],
    " += ": [" -= "], " -= ": [" += "],
}


@dataclasses.dataclass(frozen=True)
class Mutation:
    """Text of `file` from `begin` to `end` becomes `new`."""
    file: str
    function: str
    line: int
    begin: int
    end: int
    new: str
    statement: str  # the line as it is, without its indentation
    change: str     # in words

    @property
    def identity(self):
        """What names it in the list of equivalents: no line number, which other changes would shift."""
        return (self.file, self.function, self.statement, self.change)


def blanked(text):
    """The text with comments, strings and characters as blanks: same length, same lines."""
    pattern = r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'"
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)


FUNCTION = re.compile(
    r"^(?:  )?(?!return|if|for|while|else|switch|struct|class|namespace|using|static_assert|template|//)"
    r"[\w:<>,&*\[\]~ .]*?(?<!\w)(~?(?!decltype\b)\w+|operator\S+)\((?=[^;{]*\)[^;{]*\{|[^;{]*$)", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Body:
    """What stands between the braces of a function."""
    name: str
    begin: int
    end: int


class Source:
    """One source: where its functions begin, and which of its lines are excluded."""

    def __init__(self, file, text):
        self.file = file
        self.text = text
        self.code = blanked(text)
        found = list(FUNCTION.finditer(self.code))
        self.functions = [(match.start(), match[1]) for match in found]
        self.bodies = []
        for match in found:
            body = self.body_after(match[1], match.end() - 1)
            # What looks like a function in the body of one is a call.
            if body and not (self.bodies and match.start() < self.bodies[-1].end):
                self.bodies.append(body)

    def closing(self, begin):
        """The offset of the bracket or brace that closes the one at `begin`."""
        return closing(self.code, begin)

    def body_after(self, name, parameters):
        """The body of the function whose parameters begin at an offset; None where it is only declared."""
        at = self.closing(parameters) + 1
        while at < len(self.code) and self.code[at] != ";":
            if self.code[at] == "(" or (self.code[at] == "{" and not self.code[at - 1].isspace()):
                at = self.closing(at)  # of an initialiser
            elif self.code[at] == "{":
                return Body(name, at + 1, self.closing(at))
            at += 1
        return None

    def body_at(self, offset):
        return next((body for body in self.bodies if body.begin <= offset < body.end), None)

    def function_at(self, offset):
        name = ""
        for start, called in self.functions:
            if start <= offset:
                name = called
        return name

    def line_at(self, offset):
        begin = self.text.rfind("\n", 0, offset) + 1
        end = self.text.find("\n", offset)
        return self.text[begin:end]

    def excluded(self, offset):
        line = self.line_at(offset)
        return (any(re.search(pattern, line) for pattern, _ in EXCLUDED_LINES)
                or self.function_at(offset) in EXCLUDED_FUNCTIONS or not self.function_at(offset))

    def mutation(self, begin, end, new, what):
        old = " ".join(self.text[begin:end].split())
        return Mutation(self.file, self.function_at(begin), self.text.count("\n", 0, begin) + 1, begin, end, new,
                        " ".join(self.line_at(begin).split()), what.replace("{old}", old).replace("{new}", new.strip()))


def swapped_operators(source):
    for old, news in SWAPS.items():
        for match in re.finditer(re.escape(old), source.code):
            for new in news:
                yield source.mutation(match.start(), match.end(), new, "'{old}' becomes '{new}'")
    for old, new in (("++", "--"), ("--", "++")):
        for match in re.finditer(re.escape(old), source.code):
            yield source.mutation(match.start(), match.end(), new, "'{old}' becomes '{new}'")


def constants_by_one(source):
    for match in re.finditer(r"(?<![\w.'])(0x[0-9A-Fa-f]+|\d+)(U?)(?![\w.'])", source.code):
        value = int(match[1], 0)
        for other in [value + 1] + ([value - 1] if value > 0 else []):
            yield source.mutation(match.start(), match.end(), f"{other}{match[2]}", "{old} becomes {new}")


def closing(code, begin):
    """The offset of the bracket or brace that closes the one at `begin`."""
    opening = code[begin]
    steps = {opening: 1, {"(": ")", "{": "}"}[opening]: -1}
    depth = 0
    for i in range(begin, len(code)):
        depth += steps.get(code[i], 0)
        if depth == 0:
            return i
    return len(code)


def negated_conditions(source):
    for match in re.finditer(r"\b(if|while) \(", source.code):
        begin = match.end()
        end = closing(source.code, begin - 1)
        yield source.mutation(begin, end, f"!({source.text[begin:end]})", "'{old}' negated")
    for match in re.finditer(r"(?:(?<![=!<>])= |return |\()([^=;?(){}]+(?:\([^()]*\))?[^=;?(){}]*) \?", source.code):
        yield source.mutation(match.start(1), match.end(1), f"!({match[1]})", "'{old}' negated")


def deleted_statements(source):
    # From behind a brace, a semicolon or a closed condition to the next semicolon.
    for match in re.finditer(r"(?<=[;{})])\s+((?:\[\[unlikely\]\]\s+)?)([^;{}#]+;)", source.code):
        begin, end = match.start(2), match.end(2)
        text = match[2]
        declares = re.match(r"(?:const|static|constexpr|auto|using|struct|public|private|explicit|template|friend|"
                            r"(?:std::)?(?:u?int\d*_t|size_t|byte|uintptr_t)|[A-Z]\w*(?:<[^;=]*>)?[*&]* )", text)
        if declares or text.count("(") != text.count(")") or re.match(r"[\w:<>*& ]+ \w+_?(?: = [^;]+|\{\})?;", text):
            if not text.startswith("return"):
                continue
        if text.startswith("return") and not conditional(source.code, begin):
            continue
        yield source.mutation(begin, end, "{}", "'{old}' deleted")


def conditional(code, begin):
    """Whether the statement at `begin` is the only one of an if: deleting another return ends a function nowhere."""
    before = code[:begin].rstrip()
    before = before.removesuffix("[[unlikely]]").removesuffix("[[likely]]").rstrip()
    return before.endswith(")") or before.endswith("else")


def swapped_arguments(source):
    for match in re.finditer(r"\b[a-z_]\w*(?:<[\w, ]+>)?\(([^(),;{}]+(?:\([^()]*\))?), ([^(),;{}]+(?:\([^()]*\))?)\)",
                             source.code):
        first, second = match[1], match[2]
        declares = re.match(r"(?:const |std::|[A-Z]\w*(?:<\w+>)?[*&]+ |void)", first)
        if first != second and not declares:
            yield source.mutation(match.start(1), match.end(2), f"{second}, {first}", "arguments '{old}' swapped")


BASIC = (swapped_operators, constants_by_one, negated_conditions, deleted_statements, swapped_arguments)


def mutations_of(file, text, further=()):
    """Every mutation of a source, in the order of its text; `further` operators leave the identities of the others as
    they are."""
    source = Source(file, text)
    found, seen = {}, collections.Counter()
    for make in (*BASIC, *further):
        for mutation in make(source):
            if not source.excluded(mutation.begin) and mutation.new != text[mutation.begin:mutation.end]:
                found.setdefault((mutation.begin, mutation.end, mutation.new), mutation)
    told_apart = []
    for mutation in sorted(found.values(), key=lambda m: (m.begin, m.end, m.new)):
        seen[mutation.identity] += 1
        if seen[mutation.identity] > 1:
            number = f" (number {seen[mutation.identity]})"
            mutation = dataclasses.replace(mutation, change=mutation.change + number)
        told_apart.append(mutation)
    return told_apart
