"""Every target describes itself, and truly: fuzz_targets_test.py FOLDER-OF-TARGETS POOLHAMMER."""

import pathlib
import re
import shlex
import subprocess
import sys
import unittest

import fuzz_targets

FOLDER, POOLHAMMER = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1))
INPUT = next(path for path in sorted((fuzz_targets.ROOT / "corpus" / "heap").iterdir()) if path.name.startswith("edge-"))
FREE = {"heap", "trace"}  # every script's default; a form of inputs, too


def described(name):
    return fuzz_targets.describe(FOLDER / f"fuzz_{name}")


class Descriptions(unittest.TestCase):
    def test_each_target_has_its_name_and_says_what_it_hammers(self):
        self.assertGreater(len(fuzz_targets.names()), 4)
        for name in fuzz_targets.names():
            self.assertEqual(described(name)["name"], name)
            self.assertTrue(described(name)["about"], name)
            self.assertIn(described(name)["inputs"], ("trace", "bytes"), name)

    def test_each_has_seeds(self):
        for name in fuzz_targets.names():
            self.assertTrue((fuzz_targets.ROOT / "corpus" / name).is_dir(), name)

    def test_a_dictionary_is_that_beside_the_source(self):
        for name in fuzz_targets.names():
            beside = fuzz_targets.ROOT / "fuzz" / f"fuzz_{name}.dict"
            self.assertEqual(fuzz_targets.dictionary(described(name)), beside if beside.exists() else None, name)

    def test_the_replay_command_takes_the_options(self):
        for name in fuzz_targets.names():
            replay = described(name)["replay"]
            if described(name)["inputs"] == "bytes":
                self.assertEqual(replay["command"], f"fuzz_{name}")
                continue
            self.assertEqual(replay["command"], "poolhammer replay")
            for options in replay["options"] or [""]:
                done = subprocess.run([POOLHAMMER, "replay", INPUT, *shlex.split(options)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True, check=False)
                # 3: the machine has no libpython.
                self.assertIn(done.returncode, (0, 3) if "libpython3.11" in described(name)["needs"] else (0,), f"{name} {options}: {done.stdout}")

    def test_the_flags_are_those_of_libfuzzer(self):
        flags = fuzz_targets.flags(described("trace"), timeout=7)
        self.assertIn("-timeout=7", flags)
        self.assertIn(f"-max_len={described('trace')['limits']['max_len']}", flags)
        self.assertEqual([flag for flag in flags if flag.startswith("-dict=")], [f"-dict={fuzz_targets.ROOT}/fuzz/fuzz_trace.dict"])

    def test_a_cluster_can_run_some(self):
        self.assertIn("heap", [name for name in fuzz_targets.names() if not described(name)["needs"]])

    def test_what_is_no_target_is_said_in_one_line(self):
        for path in ("/bin/true", "/no/such/program"):
            with self.assertRaisesRegex(fuzz_targets.NotDescribed, r"\A[^\n]+\Z"):
                fuzz_targets.describe(path)

    def test_no_script_names_a_target(self):
        words, programs = ("|".join(sorted(set(fuzz_targets.names()) - free)) for free in (FREE, {"heap"}))
        word = re.compile(rf'"({words})"|\bfuzz_({programs})\b')
        for path in sorted((fuzz_targets.ROOT / "ci").rglob("*")):
            if path.is_file() and "_test" not in path.name and "__pycache__" not in path.parts:
                self.assertIsNone(word.search(path.read_text(encoding="utf-8", errors="replace")), path)


if __name__ == "__main__":
    sys.exit(unittest.main())
