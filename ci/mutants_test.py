"""Tests of ci/mutants: what it does with bad patches, with an interrupt and with a draw. Nothing is compiled."""

import json
import os
import pathlib
import select
import signal
import sys
import unittest

sys.dont_write_bytecode = True
from mutation import generated, operators  # noqa: E402
from mutation.testing.project import Project  # noqa: E402

BODY = "  return size;"


class WithProject(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)


class Patches(WithProject):
    def test_a_bug_that_is_found_makes_a_row_and_one_that_is_not_a_complaint(self):
        self.project.patch("found", BODY, "  return size;  // BUG")
        self.project.patch("missed", BODY, "  return size + 1;")
        status, output, _ = self.project.run()
        self.assertEqual(status, 1)
        self.assertRegex(output, r"\| found +\| run +\| +1/1 \| model.totals")
        self.assertIn("missed: survives run with seed 1", output)

    def test_one_that_does_not_apply_is_told_with_its_places_before_anything_is_built_and_ends_no_other(self):
        self.project.patch("found", BODY, "  return size;  // BUG")
        self.project.patch("stale", "  return nothing;", "  return size;")
        status, output, errors = self.project.run()
        self.assertEqual(status, 2)
        self.assertIn("mutants/stale.patch:8: the patch does not apply: its lines do not stand at allocator/heap.hpp:1",
                      errors)
        self.assertLess(errors.index("stale.patch"), errors.index("building"))
        self.assertRegex(output, r"\| found +\| run +\| +1/1")

    def test_one_of_an_unknown_file_a_bad_diff_a_bad_header_or_a_strange_room_is_told(self):
        good = ("Name: {0}\nWrong: it\nOrigin: own\nCaught-by: *\n\n--- a/allocator/{1}\n+++ b/allocator/{1}\n"
                "@@ -1,1 +1,1 @@\n-inline int first(int size) {{\n+int\n")
        self.project.write("mutants/nowhere.patch", good.format("nowhere", "none.hpp"))
        self.project.write("mutants/torn.patch", good.format("torn", "heap.hpp").replace("1,1 +1,1", "1,7 +1,7"))
        self.project.write("mutants/headless.patch", "Name: headless\nnonsense\n")
        self.project.write("mutants/strange.patch", good.format("strange", "heap.hpp").replace("allocator/heap.hpp", "ci/mutants"))
        self.project.write("mutants/empty.patch", "Name: empty\nWrong: it\nOrigin: own\nCaught-by: *\n")
        status, _, errors = self.project.run()
        self.assertEqual(status, 2)
        self.assertIn("nowhere.patch:7: the patch does not apply: no file allocator/none.hpp", errors)
        self.assertRegex(errors, r"torn.patch:\d+: not a whole diff")
        self.assertIn("headless.patch:2: expected 'Field: words'", errors)
        self.assertIn("strange.patch:7: changes ci/mutants, which cannot be mutated here", errors)
        self.assertIn("empty.patch: no diff there", errors)
        self.assertNotIn("Traceback", errors)

    def test_one_that_does_not_compile_ends_no_other(self):
        self.project.patch("broken", BODY, "  UNCOMPILED")
        self.project.patch("found", BODY, "  return size;  // BUG")
        status, output, errors = self.project.run()
        self.assertEqual(status, 2)
        self.assertIn("ci/mutants: broken: does not compile", errors)
        self.assertRegex(output, r"\| found +\| run +\| +1/1")


class Interrupt(WithProject):
    def test_leaves_the_rows_that_are_known_and_no_process(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.project.patch("a-found", BODY, "  return size;  // BUG")
                self.project.patch("b-waits", BODY, "  return size;  // WAIT")
                pipe = self.project.root / f"pipe-{number}"
                os.mkfifo(pipe)
                self.project.environment["WAITING"] = str(pipe)
                reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
                with self.project.start("--json") as process:
                    ended = os.pidfd_open(process.pid)
                    select.select([reader, ended], [], [])  # one of them has something to say
                    os.close(ended)
                    process.send_signal(number)
                    output, errors = process.communicate()
                waiting = int(os.read(reader, 99))
                os.close(reader)
                self.assertEqual(process.returncode, 128 + number)
                self.assertRaises(ProcessLookupError, os.kill, waiting, 0)
                kept = self.project.root / "build" / "mutants" / "scores.json"
                for text in (output, kept.read_text(encoding="utf-8")):
                    self.assertEqual([row["mutant"] for row in json.loads(text)["rows"]], ["a-found"])
                self.assertNotIn("Traceback", errors)


class Draw(WithProject):
    def test_says_at_once_what_it_does_and_gives_every_mutation_a_row(self):
        status, output, errors = self.project.run("--generate", "4", "--seed", "1")
        self.assertEqual(status, 1)
        self.assertRegex(errors, r"drawing 4 of \d+ possible mutants")
        self.assertRegex(errors, r"drawing: \d of 4 mutants, \d+ of \d+ possible ones compiled")
        self.assertEqual(output.count("SURVIVES"), 4)

    def test_mutations_of_two_files_at_the_same_offsets_share_no_folder(self):
        text = (self.project.root / "allocator" / "heap.hpp").read_text(encoding="utf-8")
        compiler = generated.Compiler.__new__(generated.Compiler)
        compiler.work = pathlib.Path("work")
        folders = [compiler.scratch(mutation) for file in ("allocator/pool.hpp", "allocator/heap.hpp")
                   for mutation in operators.mutations_of(file, text)]
        self.assertGreater(len(folders), 8)
        self.assertEqual(len(set(folders)), len(folders))


if __name__ == "__main__":
    unittest.main()
