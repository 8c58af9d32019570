"""Mutants made from the allocator's sources: drawn by a seed, each other code than the sound allocator's and than any
other's, written as patches like those that people write."""

import concurrent.futures
import difflib
import json
import pathlib
import random
import shutil
import subprocess

from mutation import operators, planted, score as scores
from mutation.errors import Trouble
from mutation.patches import read_mutants
from mutation.sound import HOME, digest_of, with_output, with_tree_first
from mutation.work import tell

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
        self.words = kept[:-1] + ["-O2", "-g0", "-w", "-S", str(root / SHIPPED)]
        self.folder = sound.folder

    def code(self, mutation=None):
        """A digest of the code with a mutation; None where it does not compile."""
        folder = pathlib.Path(self.work / f"code-{mutation.begin}-{mutation.end}-{digest_of(mutation.new)[:8]}"
                              if mutation else self.work / "code-sound")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            if mutation:
                # The one header that differs; the others come from the sound tree.
                header = folder / mutation.file
                header.parent.mkdir()
                header.write_text(mutated(self.root, mutation), encoding="utf-8")
            words = with_output(with_tree_first(self.words, folder), folder / "code.s")
            result = subprocess.run(words, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, check=False)
            if result.returncode != 0:
                if mutation is None:
                    raise Trouble(f"{SHIPPED} does not compile:\n{result.stdout[:2000]}")
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
        seen = {compiler.code(): None}
        sound = next(iter(seen))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for begin in range(0, len(order), 4 * jobs):
                batch = order[begin:begin + 4 * jobs]
                for mutation, code in zip(batch, pool.map(compiler.code, batch)):
                    if len(self.kept) < count:
                        self.take(mutation, code, sound, seen)
                if len(self.kept) == count:
                    break
                tell(f"drew {len(self.kept)} of {count}")

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
    known = {mutation.identity for mutation in candidates(root)}
    reasons = {}
    for entry in entries:
        identity = tuple(entry[key] for key in ("file", "function", "statement", "change"))
        if identity not in known:
            raise Trouble(f"{file}: the sources have no such mutation any more: {' / '.join(identity)}")
        reasons[identity] = entry["reason"]
    return reasons


def score(root, options):
    if options.driver == "all":
        raise Trouble("--generate takes one driver")
    if options.baselines:
        raise Trouble("--generate and --baselines exclude each other")
    driver = planted.drivers_of(options)[0]
    sound = planted.built_for(root, options, driver)
    reasons = explanations(root)
    draw = Draw(root, Compiler(root, sound, options.work), options.generate, options.seed, options.jobs)
    tell(draw.words())
    folder = options.work / f"generated-{options.seed}"
    by_name = write_patches(root, draw.kept, options.seed, folder)
    options.seeds = options.seeds or 1
    rows = planted.hammered(sound, driver, read_mutants(folder, options.only), options)
    return report(options, draw, rows, by_name, reasons, folder)


def report(options, draw, rows, by_name, reasons, folder):
    caught = [row for row in rows if row.caught]
    survivors = [row for row in rows if not row.caught]
    explained = [row for row in survivors if by_name[row.mutant.name].identity in reasons]
    unexplained = [row for row in survivors if row not in explained]
    wrongly = [row for row in caught if by_name[row.mutant.name].identity in reasons]
    counted = len(rows) - len(explained)
    percent = 100 * len(caught) / counted if counted else 100.0
    if options.json:
        def told(row):
            mutation = by_name[row.mutant.name]
            return {**row.as_json(), "file": mutation.file, "line": mutation.line, "function": mutation.function,
                    "statement": mutation.statement, "change": mutation.change,
                    "equivalent": reasons.get(mutation.identity)}
        print(json.dumps({"seed": options.seed, "seconds": options.seconds, "candidates": draw.candidates,
                          "uncompiled": draw.uncompiled, "same_as_sound": draw.same_as_sound,
                          "duplicates": draw.duplicates, "caught": len(caught), "explained": len(explained),
                          "percent": round(percent, 2), "patches": str(folder), "rows": [told(r) for r in rows]},
                         indent=2))
    else:
        print(scores.table(scores.HEADS, [row.cells(options.seconds) for row in rows]))
        print(f"\n{scores.summary(rows, options.seconds)}\n{draw.words()}")
        print(f"patches: {folder} (ci/mutants {folder} --only NAME)")
        for title, chosen in (("survives, explained", explained), ("SURVIVES", unexplained),
                              ("explained as equivalent, and caught: the reason is wrong", wrongly)):
            for row in chosen:
                reason = reasons.get(by_name[row.mutant.name].identity)
                print(f"{title}: {row.mutant.name}: {row.mutant.wrong}\n    {by_name[row.mutant.name].statement}"
                      + (f"\n    {reason}" if reason else ""))
        print(f"score: {len(caught)} of {counted} caught after {len(explained)} explained, {percent:.1f} %")
    return 1 if unexplained or wrongly else 0
