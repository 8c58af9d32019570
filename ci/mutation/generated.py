"""Mutants made from the allocator's sources: drawn by a seed, each other code than the sound allocator's and than any
other's, written as patches like those that people write."""

import dataclasses
import difflib
import json
import random
import shutil

from mutation import operators, planted, score as scores
from mutation.errors import Trouble
from mutation.patches import read_mutants
from mutation.sound import HOME, digest_of, run_quietly, with_output, with_tree_first
from mutation.wider_operators import WIDER
from mutation.work import Report, in_parallel, tell

# The allocator alone: not its checkers, its digest, nor the deterministic world that runs put below it.
FILES = ["arena.hpp", "arena_keeper.hpp", "arena_list.hpp", "heap.hpp", "heap_state.hpp", "layout.hpp", "pool.hpp",
         "radix_map.hpp"]
SHIPPED = "mutants/shipped.cpp"
EQUIVALENT = "mutants/equivalent.json"


def candidates(root):
    """Every mutation of the allocator, in the order of its files and their text."""
    return [mutation for file in FILES
            for mutation in operators.mutations_of(f"allocator/{file}",
                                                   (root / "allocator" / file).read_text(encoding="utf-8"))]


class Compiler:
    """Compiles what is shipped of the allocator, and tells its code."""

    def __init__(self, root, sound, work):
        self.root = root
        self.work = work
        words, _ = sound.compile_command(HOME)
        # Neither sanitizers nor lines: code alone.
        kept = [word for word in words if not word.startswith(("-fsanitize", "-fno-sanitize", "-g", "-O", "-W"))]
        self.words = kept[:-1] + ["-O2", "-g0", "-w", "-S"]
        self.folder = sound.folder

    def scratch(self, mutation, unit=SHIPPED):
        """A folder that no other mutation has: those of different files may have the same offsets and text."""
        told = map(str, dataclasses.astuple(mutation)) if mutation else ("sound",)
        return self.work / f"code-{digest_of(unit, *told)[:24]}"

    def code(self, mutation=None, unit=SHIPPED):
        """A digest of a unit's code with a mutation; None where it does not compile."""
        folder = self.scratch(mutation, unit)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            source = self.root / unit
            if mutation:
                # The one source that differs; the others come from the sound tree.
                changed = folder / mutation.file
                changed.parent.mkdir(parents=True)
                changed.write_text(mutated(self.root, mutation), encoding="utf-8")
                source = changed if mutation.file == unit else source
            words = with_output(with_tree_first(self.words, folder), folder / "code.s") + [str(source)]
            result = run_quietly(words, cwd=self.folder)
            if result.returncode != 0:
                if mutation is None:
                    raise Trouble(f"{unit} does not compile:\n{result.stdout[:2000]}")
                return None
            return digest_of((folder / "code.s").read_text(encoding="utf-8"))
        finally:
            shutil.rmtree(folder)


def mutated(root, mutation):
    text = (root / mutation.file).read_text(encoding="utf-8")
    return text[:mutation.begin] + mutation.new + text[mutation.end:]


class Draw:
    """The first N mutations of a seed's order that compile and are new code."""

    def __init__(self, root, compiler, count, seed, jobs):
        self.kept, self.uncompiled, self.same_as_sound, self.duplicates = [], 0, 0, 0
        order = candidates(root)
        self.candidates = len(order)
        random.Random(seed).shuffle(order)
        tell(f"drawing {count} of {self.candidates} possible mutants, each compiled: first the sound {SHIPPED}")
        seen = {compiler.code(): None}
        sound = next(iter(seen))
        for begin in range(0, len(order), 4 * jobs):
            batch = order[begin:begin + 4 * jobs]
            for mutation, code in zip(batch, in_parallel(jobs, batch, compiler.code, None)):
                if len(self.kept) < count:
                    self.take(mutation, code, sound, seen)
            tell(f"drawing: {len(self.kept)} of {count} mutants, {begin + len(batch)} of {len(order)} possible ones compiled")
            if len(self.kept) == count:
                break

    def take(self, mutation, code, sound, seen):
        if code is None:
            self.uncompiled += 1
        elif code == sound:
            self.same_as_sound += 1
        elif code in seen:
            self.duplicates += 1
        else:
            seen[code] = mutation
            self.kept.append(mutation)

    def as_json(self):
        return {"candidates": self.candidates, "uncompiled": self.uncompiled, "same_as_sound": self.same_as_sound,
                "duplicates": self.duplicates}

    def words(self):
        return (f"{len(self.kept)} mutants of {self.candidates} possible; dropped: {self.uncompiled} that do not compile, "
                f"{self.same_as_sound} whose code is the sound one, {self.duplicates} whose code another has")


def write_patches(root, mutations, seed, folder):
    """The mutations as patches; by name."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    by_name = {}
    for number, mutation in enumerate(mutations, 1):
        name = f"generated-{seed}-{number:03d}"
        by_name[name] = mutation
        old = (root / mutation.file).read_text(encoding="utf-8").splitlines(keepends=True)
        new = mutated(root, mutation).splitlines(keepends=True)
        diff = "".join(difflib.unified_diff(old, new, f"a/{mutation.file}", f"b/{mutation.file}", n=2))
        (folder / f"{name}.patch").write_text(
            f"Name: {name}\nWrong: {mutation.file}:{mutation.line}, {mutation.function}: {mutation.change}\n"
            f"Origin: generated\nCaught-by: *\n\n{diff}", encoding="utf-8")
    return by_name


def explanations(root):
    """Reasons by the identity of a mutation that changes nothing that a run could see."""
    file = root / EQUIVALENT
    entries = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    files = sorted({entry["file"] for entry in entries})
    known = {mutation.identity for name in files if (root / name).exists()
             for mutation in operators.mutations_of(name, (root / name).read_text(encoding="utf-8"), WIDER)}
    reasons = {}
    for entry in entries:
        identity = tuple(entry[key] for key in ("file", "function", "statement", "change"))
        if identity not in known:
            raise Trouble(f"{file}: the sources have no such mutation any more: {' / '.join(identity)}")
        reasons[identity] = entry["reason"]
    return reasons


def score(root, options):
    driver = planted.drivers_of(options)[0]
    sound = planted.built_for(root, options, driver)
    reasons = explanations(root)
    draw = Draw(root, Compiler(root, sound, options.work), options.generate, options.seed, options.jobs)
    tell(draw.words())
    folder = options.work / f"generated-{options.seed}"
    by_name = write_patches(root, draw.kept, options.seed, folder)
    options.seeds = options.seeds or 1
    def text(rows):
        return shown(options, draw.as_json(), draw.words(), rows, Verdicts(rows, by_name, reasons), folder)

    with Report(options, text) as report:
        troubles = planted.hammered(sound, driver, read_mutants(folder, options.only), options, report.add)
    return 2 if troubles else Verdicts(report.in_order(), by_name, reasons).status()


class Verdicts:
    """The rows of generated mutants by what they say of the tests. `explained` survive for a reason that is given."""

    def __init__(self, rows, by_name, reasons):
        self.by_name, self.reasons = by_name, reasons
        self.caught = [row for row in rows if row.caught]
        self.same_code = [row for row in rows if row.same_code]
        self.by_tests = [row for row in rows if row.unit_test]
        survivors = [row for row in rows if not row.caught and not row.same_code and not row.unit_test]
        self.explained = [row for row in survivors if self.reason(row)]
        self.unexplained = [row for row in survivors if not self.reason(row)]
        self.wrongly = [row for row in self.caught + self.by_tests if self.reason(row)]
        self.that_count = [row for row in rows if row not in self.same_code and row not in self.explained]
        self.counted = len(self.that_count)
        self.percent = 100 * len(self.caught) / self.counted if self.counted else 100.0

    def mutation(self, row):
        return self.by_name[row.mutant.name]

    def reason(self, row):
        return self.reasons.get(self.mutation(row).identity)

    def status(self):
        return 1 if self.unexplained or self.wrongly else 0

    def lines(self):
        for title, chosen in (("survives, explained", self.explained), ("survives, but a unit test fails", self.by_tests),
                              ("SURVIVES", self.unexplained),
                              ("explained as equivalent, and caught: the reason is wrong", self.wrongly)):
            for row in chosen:
                yield f"{title}: {row.mutant.name}: {row.mutant.wrong}\n    {self.mutation(row).statement}"
                if row.unit_test or self.reason(row):
                    yield f"    {row.unit_test or self.reason(row)}"
        if self.same_code:
            yield f"{len(self.same_code)} survive whose code is the sound one, or that do not compile alone: they count as none"
        if self.by_tests:
            yield f"{len(self.by_tests)} are seen by a unit test only: hammering does not catch them"
        yield (f"score: {len(self.caught)} of {self.counted} caught after {len(self.explained)} explained, "
               f"{self.percent:.1f} %")

    def as_json(self, row):
        mutation = self.mutation(row)
        return {**row.as_json(), "file": mutation.file, "line": mutation.line, "function": mutation.function,
                "statement": mutation.statement, "change": mutation.change, "same_code": row.same_code, "unit_test": row.unit_test,
                "equivalent": self.reason(row)}


def shown(options, numbers, words, rows, verdicts, folder):
    """The result: JSON with the `numbers` of the draw, or a table and its `words`."""
    if options.json:
        return json.dumps({"seed": options.seed, "seconds": options.seconds, **numbers, "caught": len(verdicts.caught),
                           "explained": len(verdicts.explained), "same_code": len(verdicts.same_code),
                           "unit_tests_only": len(verdicts.by_tests), "percent": round(verdicts.percent, 2),
                           "patches": str(folder), "rows": [verdicts.as_json(row) for row in rows]}, indent=2)
    return "\n".join([scores.table(scores.HEADS, [row.cells(options.seconds) for row in rows]),
                      f"\n{scores.summary(verdicts.that_count, options.seconds)}\n{words}",
                      f"patches: {folder} (ci/mutants {folder} --only NAME)", *verdicts.lines()])
