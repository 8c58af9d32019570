"""Sources that the tests of one program look after, and that program with other sources in it."""

import dataclasses
import os
import re
import shlex

from mutation.drive import run_limited, temporary_folder
from mutation.errors import Trouble
from mutation.patches import plant
from mutation.sound import run_quietly, with_objects
from mutation.work import in_parallel, sound_build

# The recorder looks for its library beside the program, which is elsewhere now.
ALL_TESTS = "-Recorder.*"
# --seconds is what hammering gets: that many tests take longer, and end.
LEAST_SECONDS = 600
# So that the compiler tells of every mutant that does not compile, in lines that name it.
TELL_ALL = ("-ferror-limit=0", "-fno-caret-diagnostics")


@dataclasses.dataclass(frozen=True)
class Room:
    prefixes: tuple  # of the paths of its sources, from the root
    sources: str  # the folder of which a mutant has a copy
    target: str
    library: str | None = None  # the folder of the objects of an archive that the program is made from, too

    @property
    def program(self):
        return f"{self.sources}/{self.target}"

    def tests(self, file):
        return file.startswith(self.prefixes) and not file.endswith("_test.cpp") and "/testing/" not in file


ALLOCATOR = Room(("allocator/",), "allocator", "allocator_tests", "allocator/CMakeFiles/pymalloc.dir/")
# What judges, or stands between the allocator and its client.
CHECKERS = dataclasses.replace(ALLOCATOR, prefixes=("allocator/invariants/", "allocator/api/"))
HARNESS = Room(("harness/",), "harness", "harness_tests")
ROOMS = (CHECKERS, HARNESS)


class Units:
    """The translation units of the test program, and the headers that each includes."""

    def __init__(self, sound, room):
        self.sound = sound
        objects = [word for word in shlex.split(sound.link_command(room.program)) if word.endswith(".o")]
        objects += [built for built in sound.units() if room.library and built.startswith(room.library)]
        self.objects = [built for built in objects if built in sound.units()]
        self.includes = {}
        told = run_quietly(["ninja", "-C", str(sound.folder), "-t", "deps", *self.objects])
        built = None
        for line in told.stdout.splitlines():
            if line and not line.startswith(" "):
                built = line.split(":")[0]
                self.includes[built] = set()
            elif built and line.strip():
                # A compiler cache may have made it relative.
                self.includes[built].add(os.path.normpath(sound.folder / line.strip()))

    def touched_by(self, files):
        """The objects that are made from any of the files, paths from the root."""
        paths = {str(self.sound.root / file) for file in files}
        return [built for built in self.objects
                if self.sound.units()[built][-1] in paths or self.includes.get(built, set()) & paths]


class TestProgram:
    """The test program of a room, in a build folder where it is sound."""

    def __init__(self, root, room, options):
        self.root, self.room = root, room
        self.seconds = max(options.seconds, LEAST_SECONDS)
        self.sound = sound_build(root, "dev", room.target, options.build, of_units=True)
        self.units = Units(self.sound, room)

    @property
    def path(self):
        return self.sound.folder / self.room.program

    def compile(self, mutant, files, folder, jobs=1, flags=()):
        """The objects that are made from any of the files, with the mutant's bug: where they lie, by those that they
        replace; and what the compiler says of those that do not compile."""
        objects = self.units.touched_by(files)
        if not objects:
            raise Trouble(f"{mutant.name}: {self.room.target} is not made from {' '.join(sorted(files))}")
        tree = folder / "tree"
        plant(mutant, self.room.sources, self.root, tree)
        targets = {built: folder / f"{place}.o" for place, built in enumerate(objects)}

        def compiled(built):
            words = self.sound.units()[built]
            # A precompiled header holds for one optimisation alone.
            wanted = ["-w", *flags, *([] if "-include-pch" in words else ["-O0"])]
            source = words[-1].removeprefix(f"{self.root}/")
            words = self.sound.words_for(source, tree, targets[built], wanted, self.room.sources, built)
            return run_quietly(words, cwd=self.sound.folder)

        results = in_parallel(jobs, objects, compiled, None)
        return targets, "".join(result.stdout for result in results if result.returncode != 0)

    def link(self, name, targets, program):
        """The program with other objects. Its tests find the libraries beside it that the sound one has."""
        libraries = program.parent / "lib"
        if not libraries.is_symlink():
            libraries.symlink_to(self.sound.folder / "lib")
        command = with_objects(self.sound.link_command(self.room.program), targets, program)
        result = run_quietly(command, shell=True, cwd=self.sound.folder)
        if result.returncode != 0:
            raise Trouble(f"{name}: does not link:\n{result.stdout[:2000]}")

    def judge(self, program, tests=ALL_TESTS, environment=None, seconds=None):
        """The tests that fail, of a filter of GoogleTest. One that dies or does not end in `seconds` of the processor (those
        that all get) is the last that was begun."""
        # The program may lie elsewhere, with no worker beside it.
        environment = {"POOLHAMMER_WORKER": str(self.sound.folder / "bin" / "poolhammer-worker"), **(environment or {})}
        with temporary_folder() as folder:
            ended = run_limited([str(program), "--gtest_color=no", "--gtest_fail_fast", f"--gtest_filter={tests}"],
                                seconds or self.seconds, folder, environment, self.root)
        failed = []
        for line in ended.output.splitlines():
            match = re.match(r"\[  FAILED  \] (\S+?)[,.]?(?: \(.*| where .*)?$", line)
            if match and "." in match[1] and match[1] not in failed:
                failed.append(match[1])
        if ended.status not in (0, 1) or (ended.status == 1 and not failed):
            begun = re.findall(r"^\[ RUN      \] (\S+)", ended.output, re.MULTILINE)
            if not begun:
                raise Trouble(f"{program}: status {ended.status} before the first test: {ended.errors[-300:]}")
            failed.append(begun[-1])
        return Verdict(failed, ended.cpu_seconds)

    def demand_sound(self, program, tests=ALL_TESTS, environment=None):
        """Also sees how long all take: what takes ten times as long does not end."""
        sound = self.judge(program, tests, environment)
        if sound.failed:
            raise Trouble(f"the sound {self.room.target} fails already: {sound.failed[0]}")
        self.seconds = self.enough_for(sound.cpu_seconds)

    def enough_for(self, cpu_seconds):
        """The seconds after which tests do not end that take so many where nothing is wrong."""
        return min(self.seconds, 10 + int(10 * cpu_seconds))


@dataclasses.dataclass
class Verdict:
    failed: list  # tests, in their order
    cpu_seconds: float
