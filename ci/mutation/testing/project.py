"""A small project with ci/mutants in it. Its compiler puts the allocator's sources together, as the includes would find
them; it compiles no line that returns {}, and optimises a cut to 32 bits away. Its programs look for words in the sources:
BUG is found, and so is '<=' in a chosen mutant; a unit test sees '>=' there, and needs the worker; WAIT never ends, and says through a pipe that it runs."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from mutation.sound import EXPLORED, HOME, SYSTEM

CI = pathlib.Path(__file__).resolve().parents[2]
UNITS = (HOME, EXPLORED, *SYSTEM)

TEST = "allocator/heap_test.cpp"
ORACLE = "harness/oracles/oracle.cpp"

NINJA = """\
import sys
if "deps" in sys.argv:
    print("{test}.o: #deps 2\\n    {root}/allocator/heap.hpp\\n    {root}/allocator/invariants/check.hpp")
elif sys.argv[-1].endswith("harness_tests"):
    print("{root}/tools/link {oracle}.o -o harness/harness_tests")
elif sys.argv[-1].endswith("tests"):
    print("{root}/tools/link {test}.o -o allocator/allocator_tests")
else:
    print("{root}/tools/link {objects} -o bin/poolhammer")
"""

COMPILER = """\
import pathlib, re, sys
words = sys.argv[1:]
roots = [pathlib.Path(word[2:]) for word in words if word.startswith("-I")]
source = pathlib.Path(words[-1] if words[-1].endswith(".cpp") else next(w for w in words if w.endswith(".cpp")))
names = sorted({str(path.relative_to(root)) for root in roots for path in (root / "allocator").rglob("*.hpp")})
used = [source] + [next(root / name for root in roots if (root / name).exists()) for name in names]
bad = [f"{path}:{number}:1: error: UNCOMPILED" for path in used
       for number, line in enumerate(path.read_text().splitlines(), 1) if re.search(r"UNCOMPILED|return {};", line)]
if bad:
    sys.exit("\\n".join(bad))
code = "".join(path.read_text() for path in used)
if "-S" in words:
    code = code.replace("static_cast<std::uint32_t>(size + 2)", "size + 2")
if "-fsyntax-only" not in words:
    pathlib.Path(words[words.index("-o") + 1]).write_text(code)
"""

LINKER = """\
import pathlib, sys
words = sys.argv[1:]
program = pathlib.Path(words[words.index("-o") + 1])
text = "".join(pathlib.Path(word).read_text() for word in words if word.endswith(".o") and pathlib.Path(word).exists())
program.write_text(f"#!{sys.executable}\\nTEXT = {text!r}\\n" + pathlib.Path(__file__).with_name("program").read_text())
program.chmod(0o755)
"""

PROGRAM = """\
import os, re, signal, sys
chosen = os.environ.get("POOLHAMMER_MUTANT")
if "--gtest_list_tests" in sys.argv:
    sys.exit(print("Heap.\\n  Works"))
if "POOLHAMMER_MUTANTS_ENTERED" in os.environ:
    file = os.environ["POOLHAMMER_MUTANTS_ENTERED"]
    size = os.path.getsize(file)
    with open(file, "wb") as entered:
        entered.write(bytes([1]) * size)
if chosen and chosen != "0":
    TEXT = re.search(rf"case {chosen}:(.*?)break;", TEXT, re.DOTALL)[1]
    TEXT += "BUG" if "<=" in TEXT else ""
elif "case 1:" in TEXT or chosen:
    TEXT = ""
if "WAIT" in TEXT:
    with open(os.environ["WAITING"], "w") as pipe:
        pipe.write(str(os.getpid()))
    signal.pause()
worker = os.environ.get("POOLHAMMER_WORKER", os.path.join(os.path.dirname(sys.argv[0]), "../bin/poolhammer-worker"))
if sys.argv[0].endswith("tests") and (">=" in TEXT or "BUG" in TEXT or not os.path.exists(worker)):
    print("[ RUN      ] Heap.Works\\n[  FAILED  ] Heap.Works (0 ms)")
    sys.exit(1)
if "BUG" in TEXT and not sys.argv[0].endswith("tests"):
    print("FINDING: model.totals")
    sys.exit(1)
"""

HEAP = """\
inline int first(int size) {
  return size;
}

inline int second(int size) {
  if (size < 3) return 1;
  return size + 2;
}
"""


class Project:
    """Lives in a temporary folder until close()."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mutants-test-"))
        self.environment = {**os.environ, "PATH": f"{self.root / 'tools'}:{os.environ['PATH']}"}
        for part in ("mutation", "night"):
            shutil.copytree(CI / part, self.root / "ci" / part, ignore=shutil.ignore_patterns("testing", "__pycache__"))
        for part in ("mutants", "fuzz_targets.py", "command_line.py"):
            shutil.copy(CI / part, self.root / "ci" / part)
        for unit in (*UNITS, TEST, ORACLE):
            self.write(unit, "// a unit\n")
        for header in ("arena", "arena_keeper", "arena_list", "heap_state", "layout", "pool", "radix_map"):
            self.write(f"allocator/{header}.hpp", "\n")
        self.write("allocator/heap.hpp", HEAP)
        self.write("allocator/invariants/check.hpp", "// a checker\n")
        self.write("mutants/shipped.cpp", "// shipped\n")
        self.tool("compile", COMPILER)
        self.tool("link", LINKER)
        self.write("tools/program", PROGRAM)
        self.tool("cmake", "")
        self.tool("clang++", "")
        self.tool("ninja", NINJA.format(root=self.root, objects=" ".join(f"{unit}.o" for unit in UNITS), test=TEST,
                                         oracle=ORACLE))
        for build in ("build/dev", "build/dev-units"):
            self.write(f"{build}/build.ninja", "")
            self.write(f"{build}/bin/poolhammer", "")
            self.write(f"{build}/bin/poolhammer-worker", "")
            self.write(f"{build}/compile_commands.json", json.dumps([
                {"command": f"{self.root / 'tools' / 'compile'} -I{self.root} -o {unit}.o {self.root / unit}"}
                for unit in (*UNITS, TEST, ORACLE)]))

    def close(self):
        shutil.rmtree(self.root)

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def tool(self, name, text):
        self.write(f"tools/{name}", f"#!{sys.executable}\n{text}").chmod(0o755)

    def patch(self, name, old, new):
        """A patch that makes `new` of the line `old` of heap.hpp, or of its second line where it has none such."""
        lines = HEAP.splitlines()
        at = lines.index(old) if old in lines else 1
        self.write(f"mutants/{name}.patch",
                   f"Name: {name}\nWrong: it\nOrigin: own\nCaught-by: model.*\n\n"
                   "--- a/allocator/heap.hpp\n+++ b/allocator/heap.hpp\n"
                   f"@@ -{at},3 +{at},3 @@\n {lines[at - 1]}\n-{old}\n+{new}\n {lines[at + 1]}\n")

    def start(self, *words, **options):
        return subprocess.Popen([sys.executable, self.root / "ci" / "mutants", "--jobs", "1", "--seeds", "1", *words],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment, **options)

    def run(self, *words):
        """The exit status, standard output and standard error."""
        with self.start(*words) as process:
            output, errors = process.communicate()
        return process.returncode, output, errors
