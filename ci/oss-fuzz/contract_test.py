"""Every check of contract.py passes a good folder of targets, and fails one with the fault it is there for."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

import contract

# Enough branches for an engine, and enough memory accesses for a sanitizer, generated.
STEPS = "".join(f"  if (data[{i} % size] == {i % 256}) table[{i} % size] += data[{i * 7} % size];\n" for i in range(600))
TARGET = f"""
#include <cstdint>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
static unsigned char table[4096];
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {{
#ifdef DIES
  std::abort();
#endif
#ifdef DIES_OF_SEEDS
  if (size == 5) std::abort();
#endif
#ifdef LITTERS
  if (std::FILE* file = std::fopen("litter.txt", "w")) std::fclose(file);
#endif
  if (size == 0 || size > 4096) return 0;
{STEPS}  return 0;
}}
"""
ADDRESS = ["-fsanitize=address"]
ENGINE = ["-fsanitize=fuzzer"]
CLANG = shutil.which("clang++") or "clang++"


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="contract-")
        cls.root = pathlib.Path(cls.scratch.name)
        cls.root.chmod(0o755)
        (cls.root / "target.cpp").write_text(TARGET, encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def compiled(self, *flags):
        """The toy target with these flags, compiled once."""
        program = self.root / ("program" + "".join(flags).replace("/", "_"))
        if not program.exists():
            # A coverage build is linked with the engine, and not instrumented for it.
            engine = [] if "-fcoverage-mapping" in flags else ENGINE
            subprocess.run([CLANG, "-O0", *flags, *engine, "-c", str(self.root / "target.cpp"), "-o", f"{program}.o"], check=True)
            subprocess.run([CLANG, *flags, *ENGINE, f"{program}.o", "-o", str(program)], check=True)
        return program

    def outputs(self, *flags, sanitizer="address"):
        """A good folder with that target in it."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        folder.chmod(0o755)
        shutil.copy2(self.compiled(*flags), folder / "fuzz_toy")
        (folder / "fuzz_toy.options").write_text("[libfuzzer]\nmax_len = 64\n", encoding="utf-8")
        (folder / "fuzz_toy.dict").write_text('# words\nname="a\\x00\\"b"\n"PHTR"\n', encoding="utf-8")
        with zipfile.ZipFile(folder / "fuzz_toy_seed_corpus.zip", "w") as archive:
            archive.writestr("seed", "hello")
        return contract.Build(folder, "libfuzzer", sanitizer)

    def failures(self, build):
        """The names of the checks that fail."""
        lines = []
        contract.judge(build, self.root, lines.append)
        return {line.split(":")[0].split()[-1] for line in lines if line.startswith("FAIL")}

    def test_a_good_folder_passes(self):
        self.assertEqual(self.failures(self.outputs(*ADDRESS)), set())

    def test_a_folder_without_a_target_fails(self):
        build = self.outputs(*ADDRESS)
        (build.folder / "fuzz_toy").unlink()
        self.assertNotEqual(self.failures(build), set())

    def test_a_target_that_dies_at_its_start_fails(self):
        self.assertIn("starts", self.failures(self.outputs(*ADDRESS, "-DDIES")))

    def test_a_target_that_the_engine_does_not_see_fails(self):
        unseen = self.outputs(*ADDRESS, "-fno-sanitize-coverage=inline-8bit-counters,trace-pc-guard,pc-table")
        self.assertIn("edges", self.failures(unseen))

    def test_a_build_without_its_sanitizer_fails(self):
        self.assertEqual(self.failures(self.outputs()), {"sanitizer"})
        self.assertEqual(self.failures(self.outputs(sanitizer="undefined")), {"sanitizer"})

    def test_a_build_with_another_sanitizer_fails(self):
        self.assertEqual(self.failures(self.outputs(*ADDRESS, sanitizer="undefined")), {"sanitizer"})
        both = self.outputs("-fsanitize=address,undefined")
        self.assertEqual(self.failures(both), {"sanitizer"})

    def test_a_coverage_build_needs_its_map_and_its_profile(self):
        profile = ["-fprofile-instr-generate", "-fcoverage-mapping"]
        self.assertEqual(self.failures(self.outputs(*profile, sanitizer="coverage")), set())
        self.assertEqual(self.failures(self.outputs(sanitizer="coverage")), {"edges", "seeds"})

    def test_seeds_that_are_missing_empty_broken_or_deadly_fail(self):
        missing = self.outputs(*ADDRESS)
        (missing.folder / "fuzz_toy_seed_corpus.zip").unlink()
        broken = self.outputs(*ADDRESS)
        (broken.folder / "fuzz_toy_seed_corpus.zip").write_bytes(b"not an archive")
        empty = self.outputs(*ADDRESS)
        with zipfile.ZipFile(empty.folder / "fuzz_toy_seed_corpus.zip", "w"):
            pass
        for build in (missing, broken, empty, self.outputs(*ADDRESS, "-DDIES_OF_SEEDS")):
            self.assertEqual(self.failures(build), {"seeds"})

    def test_a_target_that_writes_where_it_runs_fails(self):
        self.assertEqual(self.failures(self.outputs(*ADDRESS, "-DLITTERS")), {"seeds"})

    def test_options_that_are_missing_or_malformed_fail(self):
        for text in (None, "max_len = 64\n", "[libfuzzer]\nmax_len = many\n", "[libfuzzer]\nno_such = 1\n", "[afl]\nx = 1\n"):
            build = self.outputs(*ADDRESS)
            path = build.folder / "fuzz_toy.options"
            path.unlink()
            if text is not None:
                path.write_text(text, encoding="utf-8")
            self.assertEqual(self.failures(build), {"options"}, text)

    def test_a_malformed_dictionary_fails(self):
        for line in ("word", '"open', '"bad \\q escape"', '""'):
            build = self.outputs(*ADDRESS)
            (build.folder / "fuzz_toy.dict").write_text(line + "\n", encoding="utf-8")
            self.assertEqual(self.failures(build), {"dictionary"}, line)


if __name__ == "__main__":
    sys.exit(unittest.main())
