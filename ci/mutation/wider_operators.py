"""Further small changes, of which a part does not compile: they are for mutants that cost no compile of their own. As
in operators.py, each works on text that clang-format has formatted."""

import re

DECLARATION = re.compile(r"(?<![\w.>])(?:const )?((?:std::)?(?:u?int\d+_t|size_t|ptrdiff_t|uintptr_t|byte)|bool|unsigned|int|"
                         r"[A-Z]\w*(?:<[\w, ]+>)?)( ?[*&]*)(?: ?const)? (\w+)(?= = |[,)]|\{|;)")
INTEGER = re.compile(r"(?:std::)?(u?int\d+_t|size_t|ptrdiff_t|uintptr_t)|unsigned|int|auto")
STATEMENT = re.compile(r"^( +)((?!return\b|else\b|if\b|for\b|while\b|case\b|default\b|using\b|static_assert\b)[^\s/#{};:][^;{}#]*;)"
                       r"(?=\n)", re.MULTILINE)


def declared(source, body):
    """The names that a function declares, by their types; a parameter stands before its body."""
    begin = source.code.rfind("\n", 0, source.code.rfind(body.name, 0, body.begin)) + 1
    names = {}
    for match in DECLARATION.finditer(source.code, begin, body.end):
        names.setdefault(match[1] + match[2].strip(), {}).setdefault(match[3], match.end())
    return names


def wrong_variables(source):
    for body in source.bodies:
        for names in declared(source, body).values():
            for name in names:
                for use in re.finditer(rf"(?<![\w.>:]){name}\b(?!\()", source.code[:body.end]):
                    if use.start() < body.begin or names[name] >= use.start():
                        continue
                    for other, known in names.items():
                        if other != name and known < use.start():
                            yield source.mutation(use.start(), use.end(), other, "variable {old} becomes {new}")


def wrong_fields(source):
    """Fields of one struct that have the same type stand for each other."""
    fields = {}
    for match in re.finditer(r"^  (?:const )?([\w:]+(?:<[\w:, ]+>)?[*&]*) (\w+)(?: = [^;()]+|\{\})?;", source.code, re.MULTILINE):
        if not source.body_at(match.start()):
            begin = source.code.rfind("{", 0, match.start())
            fields.setdefault((begin, match[1]), []).append(match[2])
    for names in fields.values():
        for name in names:
            for use in re.finditer(rf"(?<=[.>]){name}\b(?!\()", source.code):
                for other in names:
                    if other != name:
                        yield source.mutation(use.start(), use.end(), other, "field {old} becomes {new}")


def powers_of_two(source):
    for match in re.finditer(r"(?<![\w.'])([1-9]\d*)(U?)(?![\w.'])", source.code):
        value = int(match[1])
        for other in (2 * value, value // 2) if value > 2 else ():
            yield source.mutation(match.start(), match.end(), f"{other}{match[2]}", "{old} becomes {new}")
    for match in re.finditer(r"\b(?:L|Geo|G|Geometry<L>|BlockShape)::[a-z]\w*(?![\w(<:])", source.code):
        yield source.mutation(match.start(), match.end(), f"({match[0]} * 2)", "{old} is doubled")
        yield source.mutation(match.start(), match.end(), f"({match[0]} / 2)", "{old} is halved")


def narrowed_integers(source):
    targets = [("=", match.start(2), match.end(2)) for match in re.finditer(
        r"(?:const )?((?:std::)?(?:u?int\d+_t|size_t|ptrdiff_t|uintptr_t)|unsigned|auto) \w+ = ([^;{}]+)(?=;)", source.code)]
    targets += [("return", match.start(1), match.end(1)) for match in re.finditer(r"\breturn ([^;{}]+)(?=;)", source.code)]
    targets += [("=", match.start(1), match.end(1)) for match in re.finditer(
        r"^ +(?:[\w.\[\]]|->)+ (?:\+|-)?= ([^;{}]+)(?=;)", source.code, re.MULTILINE)]
    targets += [("poke", match.start(1), match.end(1)) for match in re.finditer(
        r"\bpoke\([^,]+, ([^;{}]+)(?=\);)", source.code)]
    for _, begin, end in targets:
        old = source.text[begin:end]
        if not re.fullmatch(r"[\d\w]*(?:nullptr|true|false|null)|\d+U?|\*this", old):
            for bits in (8, 16, 32):
                yield source.mutation(begin, end, f"static_cast<std::uint{bits}_t>({old})", f"'{{old}}' cut to {bits} bits")


def early_returns(source):
    for body in source.bodies:
        head = source.code[source.code.rfind("\n", 0, source.code.rfind(body.name, 0, body.begin)) + 1:body.begin]
        answer = "return;" if re.search(rf"\bvoid {re.escape(body.name)}\(", head) else "return {};"
        for match in re.finditer(r"(?<=\n)( +)(?=[^\s}/#])", source.code[body.begin:body.end]):
            begin = body.begin + match.end()
            before = source.code[:begin].rstrip()[-1:]
            if before in ";{}" and not source.code.startswith(("return", "else", "case", "default"), begin):
                yield source.mutation(begin, begin, answer + " ", "{new} before '" + statement_at(source, begin) + "'")


def statement_at(source, begin):
    return " ".join(source.text[begin:source.text.find("\n", begin)].split())


def neighbours_conditions(source):
    for body in source.bodies:
        conditions = []
        for match in re.finditer(r"\bif \(", source.code[body.begin:body.end]):
            begin = body.begin + match.end()
            conditions.append((begin, source.closing(begin - 1)))
        for (begin, end), (other, its_end) in zip(conditions, conditions[1:]):
            yield source.mutation(begin, end, source.text[other:its_end], "condition '{old}' becomes the next one's, '{new}'")
            yield source.mutation(other, its_end, source.text[begin:end], "condition '{old}' becomes that before, '{new}'")


def missing_elses(source):
    for match in re.finditer(r"\} (else)\b(?! \[)", source.code):
        yield source.mutation(match.start(1), match.end(1), " ", "'{old}' deleted")
    for match in re.finditer(r"(?<=\} )else (?:\[\[\w+\]\] )?\{", source.code):
        end = source.closing(match.end() - 1) + 1
        yield source.mutation(match.start(), end, " ", "the branch '{old}' deleted")


def moved_statements(source):
    """Two neighbours change places: the second finds an old value, where it reads what the first writes."""
    for match in STATEMENT.finditer(source.code):
        first = match[2]
        second = STATEMENT.match(source.code, match.end() + 1)
        if second and second[1] == match[1] and source.body_at(match.start(2)) and first != second[2]:
            begin, end = match.start(2), second.end(2)
            news = f"{source.text[second.start(2):end]}\n{second[1]}{source.text[begin:match.end(2)]}"
            yield source.mutation(begin, end, news, "'{old}' in the other order")


def stale_copies(source):
    """The old value serves: of a prefix increment, and where a variable is set to something new after its declaration."""
    for match in re.finditer(r"(?:= |return |\()((?:\+\+|--)[\w.>-]+)", source.code):
        yield source.mutation(match.start(1), match.end(1), match[1][2:], "'{old}' becomes '{new}'")
    for match in re.finditer(r"(?<!\w)peek\(([^;{}()]+)\)", source.code):
        body = source.body_at(match.start())
        saved = re.search(rf"(\w+) = peek\({re.escape(match[1])}\);", source.code[body.begin:match.start()]) if body else None
        if saved:
            yield source.mutation(match.start(), match.end(), saved[1], "'{old}' becomes the old value {new}")
    for match in re.finditer(r"^ +(?:[\w.\[\]]|->)+ = [^;{}]+;", source.code, re.MULTILINE):
        begin = match.start() + len(match[0]) - len(match[0].lstrip())
        if source.body_at(begin):
            yield source.mutation(begin, match.end(), f"(void)({source.text[begin:match.end() - 1].partition(' = ')[2]});",
                                  "the result of '{old}' is not kept")


WIDER = (wrong_variables, wrong_fields, powers_of_two, narrowed_integers, early_returns, neighbours_conditions, missing_elses,
         moved_statements, stale_copies)
