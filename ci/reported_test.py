"""Tests of the libraries of reported/: what each file says at its head, and that random programs of fixed seeds find the fault
of a few and accuse no control."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import reported_libraries  # noqa: E402

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "reported"
COMMAND, BUILT = (pathlib.Path(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (None, None)
HEAD = """\
// Report: https://github.com/a/b/issues/7
// Allocator: b 1.0
// Fault: Two lines
//   of words: with a colon.
// Breaks: calloc.zero, shadow
#include "x.hpp"
"""
# One of each heap, and of each kind of fault.
FOUND = ("avr-libc-103-shrinking-overwrites-the-start", "avr-libc-394-shrinking-frees-too-much", "freertos-amiga-pr-14-split-keeps-the-size",
         "gperftools-470-realloc-in-an-int", "hoard-pr-107-classes-of-8-bytes", "yanet2-1741-nothing-is-joined", "mimalloc-221-large-block-freed-elsewhere",
         "isoalloc-pr-212-smaller-than-its-alignment", "seastar-126-malloc-without-errno", "zephyr-9221-calloc-clears-nothing")


class Heads(unittest.TestCase):
    def test_fields_are_read_with_their_further_lines(self):
        library = reported_libraries.parsed(HEAD, "reported/b-7.cpp")
        self.assertEqual((library.name, library.allocator, library.fault), ("b-7", "b 1.0", "Two lines of words: with a colon."))
        self.assertEqual(library.breaks, ("calloc.zero", "shadow"))

    def test_a_finding_is_of_the_fault_where_its_name_or_the_first_words_of_it_are_there(self):
        library = reported_libraries.parsed(HEAD, "b.cpp")
        told = {oracle: library.is_broken_by(oracle) for oracle in ("contract.calloc.zero", "calloc.zero", "shadow.kept", "calloc.zeroes", "crash")}
        self.assertEqual(told, {"contract.calloc.zero": True, "calloc.zero": True, "shadow.kept": True, "calloc.zeroes": False, "crash": False})

    def test_what_is_missing_or_unknown_is_told_with_its_place(self):
        for text, words in ((HEAD.replace("// Fault: Two lines\n//   of words: with a colon.\n", ""), "b.cpp: no line '// Fault: ...'"),
                            (HEAD.replace("Allocator", "Library"), "b.cpp:2: expected one of Report, Allocator"),
                            (HEAD.replace("https://github.com/a/b/issues/7", "issue 7"), "b.cpp: expected the address of a report"),
                            (HEAD.replace("Allocator", "Report"), "b.cpp:2: Report for the second time")):
            with self.assertRaisesRegex(ValueError, words.replace("(", r"\(").replace("...", r"\.\.\.")):
                reported_libraries.parsed(text, "b.cpp")

    def test_an_address_is_shown_as_people_write_it(self):
        self.assertEqual(reported_libraries.short("https://github.com/a/b/pull/7"), "a/b#7")
        self.assertEqual(reported_libraries.short("https://bugs.example.org/7"), "https://bugs.example.org/7")


    def test_an_option_that_is_declared_is_read_in_words(self):
        text = HEAD.replace("// Breaks", "// Declares: --coalesces --threads 2\n// Breaks")
        self.assertEqual(reported_libraries.parsed(text, "b.cpp").declares, ("--coalesces", "--threads", "2"))
        self.assertEqual(reported_libraries.parsed(HEAD, "b.cpp").declares, ())


class Files(unittest.TestCase):
    def test_every_file_says_what_it_is_and_no_report_comes_twice(self):
        libraries = reported_libraries.all_of(SOURCES)
        self.assertGreaterEqual(len(libraries), 60)
        reports = [library.report for library in libraries]
        self.assertEqual(sorted(set(reports)), sorted(reports))


@unittest.skipIf(COMMAND is None, "no command was given")
class Libraries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Builds the libraries that are run here. ci/reported builds all, and a night runs it."""
        names = [*FOUND, *(f"control/{path.stem}" for path in (SOURCES / "control").glob("*.cpp"))]
        targets = [re.sub("[^A-Za-z0-9_]", "_", f"reported_{name}") for name in names]
        built = subprocess.run(["cmake", "--build", BUILT.parent.parent, "--target", *targets], capture_output=True, text=True, check=False)
        assert built.returncode == 0, built.stdout + built.stderr

    def finding(self, source, path, operations, seed):
        declared = reported_libraries.declared(source.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            ended = subprocess.run([COMMAND, "run", "--subject", f"lib:{path}", *declared, "--operations", str(operations), "--seed", str(seed), "--json", "--artifacts",
                                    folder], capture_output=True, text=True, check=False)
        self.assertIn(ended.returncode, (0, 1), ended.stderr)
        return json.loads(ended.stdout).get("finding")

    def test_random_programs_find_the_fault(self):
        libraries = {library.name: library for library in reported_libraries.all_of(SOURCES)}
        for name in FOUND:
            with self.subTest(name):
                finding = self.finding(SOURCES / f"{name}.cpp", BUILT / f"{name}.so", 20_000, 1)
                self.assertIsNotNone(finding)
                self.assertTrue(libraries[name].is_broken_by(finding["oracle"]), finding["oracle"])

    def test_a_heap_without_a_fault_is_accused_of_nothing(self):
        for path in sorted((SOURCES / "control").glob("*.cpp")):
            with self.subTest(path.stem):
                self.assertIsNone(self.finding(path, BUILT / "control" / f"{path.stem}.so", 5_000, 3))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
