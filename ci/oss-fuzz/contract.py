"""What a fuzzing cluster asks of a folder of built targets, as checks that each return a complaint, None, or NOT_ASKED.

The figures are those of OSS-Fuzz's own check of a build (infra/base-images/base-runner/bad_build_check).
"""

import configparser
import dataclasses
import os
import pathlib
import re
import subprocess
import tempfile
import zipfile

RUNS = 4  # of a program that an engine starts without an input
LEAST_EDGES = 100
LEAST_ASAN_CALLS = 1000  # with address; without it, none
MOST_STRAY_UBSAN_CALLS = 200  # without undefined: the runtimes contain some
LEAST_UBSAN_CALLS = 168  # with undefined
RUN_SECONDS = 300
NOT_ASKED = ""  # of this engine, or of a target that has no such file
KNOWN_OPTIONS = {"max_len", "timeout", "rss_limit_mb", "len_control", "dict", "close_fd_mask", "detect_leaks"}
DICTIONARY_LINE = re.compile(r'^(\w+\s*=\s*|\w+@\d+\s*=\s*)?"(?:[^"\\]|\\\\|\\"|\\x[0-9a-fA-F]{2})+"\s*$')


@dataclasses.dataclass(frozen=True)
class Build:
    """A folder of targets as the machine that runs them sees it: read-only, its sources and its build gone."""

    folder: pathlib.Path
    engine: str  # libfuzzer or afl
    sanitizer: str  # address, undefined or coverage


def programs(folder):
    """The targets in a folder, found as a cluster finds them: programs that contain the engine's entry."""
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and os.access(path, os.X_OK)]
    return [path for path in found if path.read_bytes()[:4] == b"\x7fELF" and b"LLVMFuzzerTestOneInput" in path.read_bytes()]


class Room:
    """A place to run a target in: an empty home, a temporary folder, and none of this process's environment. Where this process
    is root, the target runs as nobody, so that read-only is meant."""

    def __init__(self, scratch):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="home-", dir=scratch))
        self.temporary = pathlib.Path(tempfile.mkdtemp(prefix="tmp-", dir=scratch))
        for folder in (self.home, self.temporary):
            folder.chmod(0o777)
        self.user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

    def run(self, *command, seconds=RUN_SECONDS, **variables):
        """Runs the command; its status and all its output."""
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.home), "TMPDIR": str(self.temporary),
            "ASAN_OPTIONS": "abort_on_error=0:handle_abort=1:allocator_may_return_null=1:symbolize=0",
            "UBSAN_OPTIONS": "halt_on_error=1:silence_unsigned_overflow=1:symbolize=0",
            "LLVM_PROFILE_FILE": str(self.temporary / "%p.profraw"),
        } | {name: str(value) for name, value in variables.items()}
        try:
            done = subprocess.run([str(word) for word in command], cwd=self.home, env=environment, timeout=seconds, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.user)
        except subprocess.TimeoutExpired as late:
            return None, (late.stdout or b"").decode(errors="replace")
        return done.returncode, done.stdout.decode(errors="replace")


def end_of(output):
    lines = [line for line in output.strip().splitlines() if "symbolizer" not in line]
    return lines[-1][:200] if lines else "no output"


def check_starts(build, program, scratch):
    """A run of 4 ends well."""
    room = Room(scratch)
    # Without coverage of its own kind libFuzzer only replays.
    if build.engine == "libfuzzer" and build.sanitizer != "coverage":
        status, output = room.run(program, "-seed=1337", f"-runs={RUNS}")
        good = status == 0 and f"Done {RUNS} runs" in output
    else:
        seed = room.temporary / "seed"
        seed.write_bytes(b"PHTR\1\3\0\0" + bytes(8))
        seed.chmod(0o644)
        status, output = room.run(program, *[seed] * RUNS)
        good = status == 0
    return None if good else f"a run of {RUNS} ended with status {status}: {end_of(output)}"


def check_edges(build, program, scratch):
    """The engine sees enough of the code to be steered by it."""
    if build.sanitizer == "coverage":
        return None if b"__llvm_covmap" in program.read_bytes() else "has no coverage map"
    if build.engine == "afl":
        _, output = Room(scratch).run(program, "/dev/null", AFL_DUMP_MAP_SIZE=1)
        found = re.search(r"^(\d+)$", output, re.MULTILINE)
    else:
        _, output = Room(scratch).run(program, "-runs=0")
        found = re.search(r"Loaded \d+ modules?\s+\((\d+) (?:inline 8-bit counters|guards)\)", output)
    edges = int(found[1]) if found else 0
    return None if edges >= LEAST_EDGES else f"{edges} edges, expected at least {LEAST_EDGES}"


def calls(program, prefix):
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], stdout=subprocess.PIPE, check=True).stdout
    return len(re.findall(rb"call\s+[0-9a-f]+ <" + prefix, listing))


def check_sanitizer(build, program, _scratch):
    """It has the sanitizer that was asked for, and no other."""
    asan, ubsan = calls(program, b"__asan"), calls(program, b"__ubsan")
    if build.sanitizer == "address" and asan < LEAST_ASAN_CALLS:
        return f"{asan} calls of AddressSanitizer, expected at least {LEAST_ASAN_CALLS}"
    if build.sanitizer != "address" and asan > 0:
        return f"{asan} calls of AddressSanitizer, expected none"
    if build.sanitizer == "undefined" and ubsan < LEAST_UBSAN_CALLS and build.engine == "libfuzzer":
        return f"{ubsan} calls of UBSan, expected at least {LEAST_UBSAN_CALLS}"
    if build.sanitizer != "undefined" and ubsan > MOST_STRAY_UBSAN_CALLS:
        return f"{ubsan} calls of UBSan, expected at most {MOST_STRAY_UBSAN_CALLS}"
    return None


def check_seeds(build, program, scratch):
    """Its seeds are beside it, and running them finds nothing, writes only to the temporary folder, and returns 0."""
    try:
        with zipfile.ZipFile(f"{program}_seed_corpus.zip") as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if not names:
                return "the archive of seeds is empty"
            room = Room(scratch)
            seeds = pathlib.Path(tempfile.mkdtemp(prefix="seeds-", dir=scratch))
            archive.extractall(seeds)
    except (OSError, zipfile.BadZipFile) as error:
        return f"no archive of seeds: {error}"
    seeds.chmod(0o755)
    files = sorted(path for path in seeds.rglob("*") if path.is_file())
    command = [program, "-runs=0", seeds] if build.engine == "libfuzzer" else [program, *files]
    before = sorted(path.name for path in build.folder.iterdir())
    status, output = room.run(*command)
    if status != 0:
        return f"its seeds end with status {status}: {end_of(output)}"
    litter = [path.name for path in room.home.iterdir()]
    litter += sorted({path.name for path in build.folder.iterdir()} - set(before))
    if litter:
        return f"it writes where it runs: {', '.join(litter)}"
    if build.sanitizer == "coverage" and not any(path.stat().st_size > 0 for path in room.temporary.glob("*.profraw")):
        return "a run of its seeds left no profile"
    return None


def check_options(_build, program, _scratch):
    """Its options are beside it, known, and numbers."""
    parser = configparser.ConfigParser(strict=True)
    try:
        with open(f"{program}.options", encoding="utf-8") as file:
            parser.read_file(file)
    except (OSError, configparser.Error) as error:
        return f"its options: {str(error).splitlines()[0]}"
    if not parser.has_section("libfuzzer"):
        return "its options have no section [libfuzzer]"
    for key, value in parser.items("libfuzzer"):
        if key not in KNOWN_OPTIONS:
            return f"its options: unknown '{key}'"
        if key != "dict" and not value.isdigit():
            return f"its options: {key} is '{value}', expected a number"
    return None


def check_dictionary(build, program, scratch):
    """Where it has a dictionary, every line is one, and the engine takes all."""
    path = pathlib.Path(f"{program}.dict")
    if not path.exists():
        return NOT_ASKED
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    for line in lines:
        if not DICTIONARY_LINE.match(line):
            return f"its dictionary: expected \"WORD\", found {line}"
    if build.engine == "libfuzzer":
        _, output = Room(scratch).run(program, f"-dict={path}", "-runs=0")
        if f"Dictionary: {len(lines)} entries" not in output:
            return f"libFuzzer does not take the {len(lines)} words of its dictionary"
    return None


def check_afl_fuzz(build, program, scratch):
    """afl-fuzz starts it and calls its own start good."""
    if build.engine != "afl":
        return NOT_ASKED
    room = Room(scratch)
    (room.temporary / "in").mkdir(mode=0o777)
    (room.temporary / "in" / "seed").write_bytes(b"PHTR\1\3\0\0" + bytes(24))
    _, output = room.run(
        "afl-fuzz", "-i", room.temporary / "in", "-o", room.temporary / "out", "-m", "none", "-V", "3", "--", program,
        seconds=60, AFL_NO_UI=1, AFL_SKIP_CPUFREQ=1, AFL_NO_AFFINITY=1, AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1,
        AFL_FORKSRV_INIT_TMOUT=30000, ASAN_OPTIONS="abort_on_error=1:symbolize=0:detect_leaks=0",
        UBSAN_OPTIONS="abort_on_error=1:halt_on_error=1:symbolize=0:silence_unsigned_overflow=1")
    if "All set and ready to roll" not in output or "target binary crashed" in output:
        return f"afl-fuzz does not start: {end_of(output)}"
    return None


CHECKS = {
    "starts": check_starts,
    "edges": check_edges,
    "sanitizer": check_sanitizer,
    "seeds": check_seeds,
    "options": check_options,
    "dictionary": check_dictionary,
    "afl-fuzz": check_afl_fuzz,
}


def judge(build, scratch, say=print):
    """Every check of every target, each said in one line; the number of those that fail."""
    found = programs(build.folder)
    if not found:
        say(f"FAIL  {build.engine} {build.sanitizer}: no target in {build.folder}")
        return 1
    failures = 0
    for program in found:
        for name, check in CHECKS.items():
            complaint = check(build, program, scratch)
            if complaint == NOT_ASKED:
                continue
            failures += complaint is not None
            verdict = f"FAIL  {build.engine} {build.sanitizer} {program.name} {name}: {complaint}" if complaint else \
                f"ok    {build.engine} {build.sanitizer} {program.name} {name}"
            say(verdict)
    return failures
