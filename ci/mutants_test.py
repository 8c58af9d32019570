"""Tests of ci/mutants: what it does with bad patches, with an interrupt and with a draw. Nothing is compiled."""

import json
import os
import pathlib
import select
import signal
import sys
import types
import unittest

sys.dont_write_bytecode = True
from mutation import drive, generated, hard, operators, reach, schema, score as scores, wider_operators  # noqa: E402
from mutation.patches import SOUND  # noqa: E402
from mutation.testing.project import HEAP, Project  # noqa: E402

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

    def test_a_bug_of_a_unit_is_in_the_program_the_first_time_too(self):
        unit = "allocator/debug/debug_layer.cpp"
        self.project.write("mutants/unit.patch", "Name: unit\nWrong: it\nOrigin: own\nCaught-by: model.*\n\n"
                           f"--- a/{unit}\n+++ b/{unit}\n@@ -1,1 +1,1 @@\n-// a unit\n+// BUG\n")
        status, output, errors = self.project.run("--driver", "system")
        self.assertEqual((status, errors.count("Traceback")), (0, 0), output)
        self.assertRegex(output, r"\| unit +\| system +\| +1/1 \| model.totals")

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


    def test_one_of_a_file_that_nothing_hammered_is_made_of_is_no_survivor(self):
        self.project.write("mutants/apart.patch", "Name: apart\nWrong: it\nOrigin: own\nCaught-by: *\n\n"
                           "--- a/allocator/pool.hpp\n+++ b/allocator/pool.hpp\n@@ -1,1 +1,1 @@\n-\n+// BUG\n")
        self.project.patch("found", BODY, "  return size;  // BUG")
        status, output, errors = self.project.run()
        self.assertEqual(status, 2)
        self.assertIn("ci/mutants: apart: no part of what is hammered is made of allocator/pool.hpp: another --driver may "
                      "hammer it", errors)
        self.assertNotIn("SURVIVES", output)
        self.assertRegex(output, r"\| found +\| run +\| +1/1")


class HarnessBugs(WithProject):
    def test_must_make_a_test_fail_that_the_patch_names(self):
        for program in ("harness/harness_tests", "allocator/allocator_tests"):
            self.project.write(f"build/dev-units/{program}", f"#!{sys.executable}\n").chmod(0o755)
        oracle, checker = ("harness/oracles/oracle.cpp", "// a unit"), ("allocator/invariants/check.hpp", "// a checker")
        for name, word, test, (file, line) in (("named", "BUG", "Heap.*", oracle), ("other", "BUG", "Oracle.*", oracle),
                                               ("missed", "nothing", "Heap.*", oracle), ("checker", "BUG", "Heap.*", checker)):
            self.project.write(f"mutants/harness/{name}.patch",
                               f"Name: {name}\nWrong: it\nOrigin: own\nCaught-by: {test}\n\n--- a/{file}\n"
                               f"+++ b/{file}\n@@ -1 +1 @@\n-{line}\n+// {word}\n")
        self.project.patch("elsewhere", BODY, "  return 1;")
        (self.project.root / "mutants" / "elsewhere.patch").rename(self.project.root / "mutants" / "harness" / "elsewhere.patch")
        status, output, errors = self.project.run("--harness")
        self.assertEqual(status, 2)
        self.assertIn("elsewhere.patch:7: changes allocator/heap.hpp, which cannot be mutated here", errors)
        self.assertRegex(output, r"\| named +\| it +\| Heap.Works")
        self.assertRegex(output, r"\| checker +\| it +\| Heap.Works")
        self.assertIn("3 of 4 make a test of the harness fail", output)
        self.assertIn("other: Heap.Works fails, none that its header names (Oracle.*)", output)
        self.assertIn("missed: no test fails", output)


    def test_that_nobody_chose_are_drawn_by_a_seed_and_judged_by_the_tests(self):
        for program in ("harness/harness_tests", "allocator/allocator_tests"):
            self.project.write(f"build/dev-units/{program}", f"#!{sys.executable}\n").chmod(0o755)
        (self.project.root / "allocator" / "api").mkdir(exist_ok=True)
        self.project.write("harness/oracles/oracle.cpp", HEAP)
        self.assertEqual(self.project.run("--harness", "--generate", "9")[0], 2)
        status, output, errors = self.project.run("--harness", "--generate", "999", "--schemata", "--json")
        self.assertEqual(status, 1, errors)
        told = json.loads(output)
        by_change = {(row["line"], row["change"]): row for row in told["rows"]}
        self.assertEqual(by_change[(6, "'<' becomes '>='")]["test"], "Heap.Works")
        self.assertFalse(by_change[(6, "3 becomes 4")]["caught"])
        self.assertEqual({row["file"] for row in told["rows"]}, {"harness/oracles/oracle.cpp"})
        self.assertTrue(by_change[(7, "'size + 2' cut to 32 bits")]["same_code"])
        self.assertEqual(told["caught"], len([row for row in told["rows"] if row["test"]]))


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


class Schemata(WithProject):
    def test_scores_what_compiles_and_counts_no_survivor_whose_code_is_the_sound_one(self):
        status, output, errors = self.project.run("--generate", "999", "--schemata", "--driver", "run", "--json")
        self.assertEqual(status, 1, errors)
        told = json.loads(output)
        by_change = {(row["line"], row["change"]): row for row in told["rows"]}
        self.assertTrue(by_change[(6, "'<' becomes '<='")]["caught"])
        self.assertFalse(by_change[(6, "'<' becomes '>='")]["caught"])
        self.assertFalse(by_change[(7, "'size + 2' cut to 16 bits")]["same_code"])
        self.assertTrue(by_change[(7, "'size + 2' cut to 32 bits")]["same_code"])
        self.assertEqual(told["same_code"], 1)
        self.assertGreater(told["uncompiled"], 0)
        self.assertFalse([row for row in told["rows"] if "return {};" in row["change"]])
        self.assertEqual(len(told["rows"]) + told["uncompiled"] + told["outside"], told["candidates"])

    def test_counts_apart_what_a_unit_test_alone_sees(self):
        self.project.write("build/dev-units/allocator/allocator_tests", "")
        _, output, errors = self.project.run("--generate", "999", "--schemata", "--driver", "run", "--json", "--unit-tests")
        self.assertNotEqual(output, "", errors)
        rows = json.loads(output)["rows"]
        seen = [row for row in rows if row["unit_test"]]
        self.assertEqual([row["unit_test"] for row in seen], ["Heap.Works"] * len(seen), errors)
        self.assertIn("'<' becomes '>='", [row["change"] for row in seen])
        self.assertFalse([row for row in seen if row["caught"]])
        self.assertEqual(json.loads(output)["unit_tests_only"], len(seen))

    def test_compare_the_oracles_over_one_draw(self):
        status, output, errors = self.project.run("--generate", "3", "--schemata", "--driver", "run", "--baselines", "--seconds", "2")
        self.assertEqual(status, 0, errors)
        rows = [line.split("|")[1:4] for line in output.splitlines() if line.startswith("|")][2:]
        self.assertEqual([row[0].strip() for row in rows], ["sanitizer", "shadow", "invariants", "local", "model", "all"])
        self.assertEqual({row[2].strip() for row in rows}, {"3"})
        self.assertIn("within 1 s", output)

    def test_hammer_survivors_again_where_asked_to(self):
        _, _, errors = self.project.run("--generate", "999", "--schemata", "--driver", "run", "--again", "2")
        self.assertRegex(errors, r"\d+ survivors of run once more, for 2 CPU seconds each")

    def test_the_same_seed_draws_the_same(self):
        draws = [self.project.run("--generate", "5", "--schemata", "--driver", "run", "--seed", seed)[1] for seed in "778"]
        self.assertEqual(draws[0].split("patches:")[0].count("generated-7"), 5)
        survivors = [[line for line in draw.splitlines() if line.startswith("SURVIVES")] for draw in draws]
        self.assertEqual(survivors[0], survivors[1])
        self.assertNotEqual(survivors[0], survivors[2])


class Hard(unittest.TestCase):
    def test_is_what_one_seed_of_several_finds_or_what_takes_long(self):
        quick, slow, none = (drive.Result(1, oracle, seconds) for oracle, seconds in (("x", 0.1), ("x", 5.0), (None, 9.0)))
        self.assertIsNone(hard.hard_result([quick], 1))
        self.assertIsNone(hard.hard_result([quick, quick], 1))
        self.assertIsNone(hard.hard_result([none], 1))
        self.assertIs(hard.hard_result([quick, none], 1), quick)
        self.assertIs(hard.hard_result([quick, slow], 1), slow)


class Intervals(unittest.TestCase):
    def test_hold_the_share_and_narrow_with_more_runs(self):
        def of(found, missed):
            return scores.found_within([scores.Row(SOUND, "run", [drive.Result(1, "x", 0.5)] * found
                                                   + [drive.Result(1, "x", 2.0), drive.Result(1, None, 0.1)] * (missed // 2))], 1)
        found, runs, low, high = of(90, 10)
        self.assertEqual((found, runs), (90, 100))
        # The interval of 90 of 100, as tables give it.
        self.assertAlmostEqual(low, 82.56, places=1)
        self.assertAlmostEqual(high, 94.48, places=1)
        _, _, lower, higher = of(9, 1 * 2)
        self.assertLess(lower, low)
        self.assertGreater(of(4, 0)[3], 99.9)


class Functions(unittest.TestCase):
    def test_are_known_by_their_own_names_alone(self):
        text = ("constexpr bool wide() {\n  return counts_to<decltype(Pool::blocks)>(1) &&\n"
                "         counts_to<decltype(Pool::size)>(2);\n}\n\nvoid after(int a) {\n  use(a);\n}\n")
        source = operators.Source("allocator/heap_state.hpp", text)
        self.assertEqual([name for _, name in source.functions], ["wide", "after"])


class SchemaText(unittest.TestCase):
    def setUp(self):
        self.source = operators.Source("allocator/heap.hpp", HEAP)
        self.mutations = list(enumerate(schema.choosable(lambda _: self.source, operators.mutations_of(
            "allocator/heap.hpp", HEAP, wider_operators.WIDER)), 1))

    def test_holds_the_sound_body_first_and_each_mutant_in_lines_of_its_own(self):
        text, places, sites = schema.with_choices(self.source, self.mutations)
        lines = text.splitlines()
        self.assertEqual(len(places), len(self.mutations))
        for place, (number, mutation) in zip(places, sorted(self.mutations, key=lambda pair: self.source.body_at(
                pair[1].begin).begin)):
            self.assertEqual(place.number, number)
            self.assertTrue(lines[place.first - 1].startswith(f"case {number}: {{"), lines[place.first - 1])
            self.assertIn(mutation.new.strip() or "return", "\n".join(lines[place.first - 1:place.last]))
            self.assertEqual(lines[place.last - 1], "} break;")
            body = self.source.body_at(mutation.begin)
            self.assertEqual(sites[number], next(first for first, other in self.mutations
                                                 if self.source.body_at(other.begin) == body))
            self.assertIn(f"get({sites[number]})", text)

    def test_an_error_accuses_the_mutant_of_its_line_or_those_that_asked_for_the_template(self):
        made = schema.Schema.__new__(schema.Schema)
        made.places = {"allocator/heap.hpp": [schema.Place(10, 12, 1), schema.Place(13, 15, 2)]}
        self.assertEqual(made.blamed("t/allocator/heap.hpp:11:3: error: no\nt/allocator/heap.hpp:14:1: note: see\n"), {1})
        self.assertEqual(made.blamed("x/array:9:3: error: no\nt/allocator/heap.hpp:14:1: note: asked for here\n"), {2})
        self.assertEqual(made.blamed("x/array:9:3: error: no\n"), set())

    def test_halves_find_those_that_no_line_accuses(self):
        def errors_of(numbered):
            return set() if {3, 6} & set(numbered) else None
        self.assertEqual(list(schema.compilable([(number, "") for number in range(1, 9)], errors_of)), [1, 2, 4, 5, 7, 8])


class Reaching(WithProject):
    LISTING = "Running main() from x\nHeap.\n  Works\n  Ends  # of a kind\nAll/Odd/0.  # TypeParam = int\n  Holds\n"

    def test_a_list_of_tests_is_read_as_googletest_writes_it(self):
        self.assertEqual(reach.names_in(self.LISTING), ["Heap.Works", "Heap.Ends", "All/Odd/0.Holds"])

    def test_a_mutant_gets_the_tests_that_enter_its_function_the_quick_ones_first(self):
        program = self.project.write("tests", f"#!{sys.executable}\nprint({self.LISTING!r})\n")
        program.chmod(0o755)
        entered = {"Heap.Works": ({1, 3}, 0.5), "Heap.Ends": ({1}, 0.1), "All/Odd/0.Holds": ({1}, 9.0)}

        class Tests:
            seconds, sound = 5, types.SimpleNamespace(folder=self.project.root)

            @staticmethod
            def judge(_, name, environment):
                sites, cost = entered[name]
                pathlib.Path(environment[schema.ENTERED]).write_bytes(bytes(place in sites for place in range(4)))
                return types.SimpleNamespace(failed=[], cpu_seconds=cost)

        reached = reach.Reach(Tests, program, "*", {1, 2, 3}, 1)
        self.assertEqual(reached.portions(1), [("Heap.Ends:Heap.Works", 0.6), ("All/Odd/0.Holds", 9.0)])
        self.assertEqual(reached.portions(2), [])
        self.assertEqual(reached.portions(3), [("Heap.Works", 0.5)])


class WiderOperators(unittest.TestCase):
    def changes(self, text, operator):
        source = operators.Source("allocator/heap.hpp", f"inline void work(int first, int second) {{\n{text}}}\n")
        return [source.code[:m.begin] + m.new + source.code[m.end:] for m in operator(source)]

    def expect(self, operator, text, *changed):
        found = [after.partition("{\n")[2][:-2] for after in self.changes(text, operator)]
        for one in changed:
            self.assertIn(one, found)

    def test_make_what_they_say(self):
        wide = wider_operators
        self.expect(wide.wrong_variables, "  use(first);\n", "  use(second);\n")
        self.expect(wide.powers_of_two, "  use(8);\n", "  use(16);\n", "  use(4);\n")
        self.expect(wide.narrowed_integers, "  const std::size_t n = a + b;\n",
                    "  const std::size_t n = static_cast<std::uint8_t>(a + b);\n")
        self.expect(wide.early_returns, "  a();\n  b();\n", "  a();\n  return; b();\n")
        self.expect(wide.neighbours_conditions, "  if (a) x();\n  if (b) y();\n", "  if (b) x();\n  if (b) y();\n",
                    "  if (a) x();\n  if (a) y();\n")
        self.expect(wide.missing_elses, "  if (a) {\n  } else {\n    b();\n  }\n", "  if (a) {\n  }   {\n    b();\n  }\n",
                    "  if (a) {\n  }  \n")
        self.expect(wide.moved_statements, "  a();\n  b();\n", "  b();\n  a();\n")
        self.expect(wide.stale_copies, "  const int a = peek(p);\n  use(peek(p));\n", "  const int a = peek(p);\n  use(a);\n")


if __name__ == "__main__":
    unittest.main()
