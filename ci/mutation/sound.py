"""A build folder of the sound project, whose objects every mutant takes but the one that holds the bug."""

import hashlib
import json
import pathlib
import re
import shlex
import subprocess

from mutation import running
from mutation.errors import Trouble
from mutation.patches import copied_files, patched_files, plant, text_of

# The translation units that hold the allocator: the home subject, and the heaps that are explored.
HOME = "harness/subjects/pymalloc.cpp"
EXPLORED = "harness/explore/tiny_universes.cpp"
# Those of the memory system around it: the subject, and what it is made of.
SYSTEM = (*(f"harness/subjects/{unit}.cpp" for unit in (
              "system", "system_c_interface", "system_edges", "system_hooks", "system_misuse", "system_statistics",
              "system_subject")),
          *(f"allocator/{unit}.cpp" for unit in (
              "api/default_system", "api/memory_resource", "api/pymalloc", "debug/block_damage", "debug/debug_layer",
              "debug/stack_book", "domains/memory_system", "statistics/statistics")))
# They alone are compiled without optimisation: that takes a quarter of the time, and the harness around them, which
# does most of the work of a run, stays as it is. A mutant's warnings are nobody's concern.
MUTANT_FLAGS = ("-O0", "-w")
# A schema's functions are long: their many copies' variables must not make frames that AddressSanitizer guards byte by byte.
SCHEMA_FLAGS = ("-O1", "-g0", "-w")
CHECK_FLAGS = ("-w", "-fsyntax-only", "-ferror-limit=0", "-ftemplate-backtrace-limit=0", "-fno-caret-diagnostics")


def run_quietly(command, **options):
    status, _, output = running.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                    **options)
    return subprocess.CompletedProcess(command, status, output)


class Sound:
    """One build folder (Ninja) of `root`."""

    def __init__(self, root, folder):
        self.root = root
        self.folder = folder
        self._links = {}
        self._tree_digest = None
        self._units = None

    def make(self, target):
        result = run_quietly(["cmake", "--build", str(self.folder), "--target", target])
        if result.returncode != 0:
            raise Trouble(f"{self.folder}: the sound {target} does not build:\n{result.stdout[-2000:]}")

    def commands_of(self, program):
        result = run_quietly(["ninja", "-C", str(self.folder), "-t", "commands", program])
        if result.returncode != 0:
            raise Trouble(f"{self.folder}: no program {program} there: {result.stdout.strip()}")
        return result.stdout.splitlines()

    def link_command(self, program):
        """The shell command that links `program`, to be run in the build folder."""
        if program not in self._links:
            self._links[program] = self.commands_of(program)[-1]
        return self._links[program]

    def units(self):
        """Compile commands by object, each as words, to be run in the build folder."""
        if self._units is None:
            database = json.loads((self.folder / "compile_commands.json").read_text(encoding="utf-8"))
            commands = [shlex.split(unit["command"]) for unit in database]
            # Other threads may ask meanwhile: they find all or nothing.
            self._units = {words[words.index("-o") + 1]: words for words in commands}
        return self._units

    def compile_command(self, source):
        """The words that compile the source at a path from the root, and its object."""
        for built, words in self.units().items():
            if words[-1] == str(self.root / source):
                return words, built
        raise Trouble(f"{self.folder}: {source} is not compiled there")

    def reads(self, source, files):
        """Whether the unit is made of one of the files, paths from the root, as far as the sound build noted."""
        if source in files:
            return True
        _, built = self.compile_command(source)
        noted = run_quietly(["ninja", "-C", str(self.folder), "-t", "deps", built]).stdout
        read = {str((self.folder / line.strip()).resolve()) for line in noted.splitlines() if line.startswith(" ")}
        return any(str(self.root / file) in read for file in files)

    def tree_digest(self):
        """Of all that the home subject is compiled from."""
        if self._tree_digest is None:
            digest = hashlib.sha256()
            units = [self.root / unit for unit in (HOME, EXPLORED, *SYSTEM)]
            for room in ("allocator", "harness"):
                for file in copied_files(self.root / room):
                    if room == "allocator" or file.suffix == ".hpp" or file in units:
                        digest.update(file.read_bytes())
            self._tree_digest = digest.hexdigest()
        return self._tree_digest

    def words_for(self, source, tree, target, flags, room="allocator", built=None):
        """The words that compile a source with what a patched tree has, which may be planted later: the sources of `room`;
        as the object `built` is, where several are."""
        words = self.units()[built] if built else self.compile_command(source)[0]
        words = with_output(with_tree_first(words, tree), target) + list(flags)
        if source.startswith(f"{room}/"):
            words = [str(tree / source) if word == str(self.root / source) else word for word in words]
        return words

    def compile(self, mutant, source, folder, flags=MUTANT_FLAGS):
        """The object of a unit that holds the allocator with the mutant's bug; that of the sound build; and a key of
        all that it is made from."""
        tree = folder / "tree"
        target = folder / pathlib.Path(source).with_suffix(".o").name
        words = self.words_for(source, tree, target, flags)
        key = digest_of(" ".join(words), self.tree_digest(), text_of(mutant))
        if not up_to_date(target, key):
            plant(mutant, "allocator", self.root, tree)
            result = run_quietly(words, cwd=self.folder)
            if result.returncode != 0:
                raise Trouble(f"{mutant.name}: does not compile:\n{result.stdout[:2000]}")
            remember(target, key)
        return target, self.compile_command(source)[1], key

    def errors_of(self, mutant, sources, folder):
        """What the compiler says of the units of a mutant that do not compile; None where all do."""
        tree = folder / "tree"
        plant(mutant, "allocator", self.root, tree)
        said = None
        for source in sources:
            result = run_quietly(self.words_for(source, tree, folder / "unused.o", CHECK_FLAGS), cwd=self.folder)
            if result.returncode != 0:
                said = (said or "") + result.stdout
        return said

    def link(self, mutant, program, sources, folder, flags=MUTANT_FLAGS):
        """`program` with the mutant's units in place of the sound ones that `sources` make."""
        # The others are those of the sound build. The sound allocator, built like a mutant, is all of them.
        files = patched_files(mutant)
        touched = [source for source in sources if self.reads(source, files)]
        if files and not touched:
            raise Trouble(f"{mutant.name}: no part of what is hammered is made of {', '.join(files)}: another --driver may "
                          "hammer it")
        made = [self.compile(mutant, source, folder, flags) for source in touched or sources]
        target = folder / pathlib.Path(program).name
        command = with_objects(self.link_command(program), {built: ours for ours, built, _ in made}, target)
        key = digest_of(command, *(key for _, _, key in made), str((self.folder / program).stat().st_mtime_ns))
        if not up_to_date(target, key):
            result = run_quietly(command, shell=True, cwd=self.folder)
            if result.returncode != 0:
                raise Trouble(f"{mutant.name}: does not link:\n{result.stdout[:2000]}")
            remember(target, key)
        return target


def with_tree_first(words, tree):
    """Every header that the patched tree has is taken from there."""
    first = next(i for i, word in enumerate(words) if word.startswith("-I"))
    return words[:first] + [f"-I{tree}"] + words[first:]


def with_output(words, target):
    at = words.index("-o")
    return words[:at + 1] + [str(target)] + words[at + 2:]


def with_objects(command, replacements, target):
    """A link command with other objects, and another output. They come first: of an inline function that several
    units hold, the linker takes the first. The allocator's own objects lie in an archive, of which the linker then
    wants no others in their place."""
    first = re.search(r" \S+\.o ", command).start()
    for built in replacements:
        command, count = re.subn(rf"(?<= ){re.escape(built)} ", "", command)
        if count == 0 and not built.startswith("allocator/"):
            raise Trouble(f"{built} is no part of: {command[:200]}")
    objects = " ".join(shlex.quote(str(path)) for path in replacements.values())
    command = f"{command[:first]} {objects}{command[first:]}"
    return re.sub(r" -o \S+", f" -o {shlex.quote(str(target))}", command, count=1)


def digest_of(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def up_to_date(target, key):
    said = target.with_suffix(target.suffix + ".key")
    return target.exists() and said.exists() and said.read_text(encoding="utf-8") == key


def remember(target, key):
    target.with_suffix(target.suffix + ".key").write_text(key, encoding="utf-8")
