"""The builds of a fuzz target that ci/afl, ci/engines and ci/corpus run, each in build/NAME."""

import os
import shutil
import subprocess
import sys

from fuzz_targets import ROOT

COMMON = ["-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -gline-tables-only",
          "-DPOOLHAMMER_TARGETS_ONLY=ON", "-DPOOLHAMMER_TESTS=OFF", "-DPOOLHAMMER_PROPERTIES=OFF"]
AFL = ["-DCMAKE_C_COMPILER=afl-clang-fast", "-DCMAKE_CXX_COMPILER=afl-clang-fast++", "-DPOOLHAMMER_FUZZING_ENGINE=-fsanitize=fuzzer"]
FLAGS = {
    "afl-plain": AFL,
    "afl-asan": [*AFL, "-DPOOLHAMMER_SANITIZE=address"],
    "afl-cmplog": AFL,  # logs the operands of comparisons, by an environment variable of the compiler's
    "libfuzzer-plain": ["-DCMAKE_C_COMPILER=clang", "-DCMAKE_CXX_COMPILER=clang++", "-DPOOLHAMMER_LIBFUZZER=ON"],
}


class BuildFailed(RuntimeError):
    """Its text is what the compiler said last."""


class NotThere(RuntimeError):
    """A build of the targets alone does not have this one; the text says so in one line."""


def afl_allowlist():
    """The files that AFL++ instruments, the same as libFuzzer does: without fuzz/instrumented.txt's line for functions, which
    AFL++ would read as 'or'."""
    lines = (ROOT / "fuzz" / "instrumented.txt").read_text(encoding="utf-8").splitlines()
    path = ROOT / "build" / "afl-instrumented.txt"
    path.parent.mkdir(exist_ok=True)
    text = "".join(line + "\n" for line in lines if line.startswith("src:"))
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def run(command, environment=None):
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise BuildFailed("\n".join(done.stdout.splitlines()[-20:]))


def has(folder, target):
    """Whether the build in a folder, which is configured, makes a target."""
    done = subprocess.run(["ninja", "-C", str(folder), "-t", "query", f"fuzz_{target}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def build(name, target):
    """Builds fuzz_TARGET in build/NAME; the program. Raises NotThere and BuildFailed."""
    folder = ROOT / "build" / name
    environment = os.environ | {"AFL_QUIET": "1", "AFL_LLVM_ALLOWLIST": str(afl_allowlist())}
    if name == "afl-cmplog":
        environment["AFL_LLVM_CMPLOG"] = "1"
    print(f"build {name}: compiling fuzz_{target}", flush=True)
    run(["cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(folder), *COMMON, *FLAGS[name]], environment)
    if not has(folder, target):
        raise NotThere(f"the target '{target}' is not built for other engines than libFuzzer: it needs more than itself")
    run(["nice", "-n", "10", "cmake", "--build", str(folder), "--target", f"fuzz_{target}"], environment)
    return folder / "fuzz" / f"fuzz_{target}"


def complain_of_missing(script, programs):
    """Whether a program that is needed is missing; says the first, with its Debian package."""
    for program, package in programs.items():
        if shutil.which(program) is None:
            print(f"{script}: needs {program} (Debian: {package})", file=sys.stderr)
            return True
    return False
