"""The time of a night is divided among what there is time for, and what is skipped says why."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import fuzz_targets  # noqa: E402
from night import options, plan  # noqa: E402, its place is known only now
from night.testing.nights import GROUP, NightCase, fuzz, script  # noqa: E402


def stage(name, weight=1.0, least=1, **more):
    return plan.Stage(name, weight, least, ("true",), **more)


class Dividing(unittest.TestCase):
    def test_shares_are_in_proportion_to_the_weights(self):
        rows = plan.table(plan.parts([stage("a", 3), stage("b", 1)], ["heap"]), 100)
        self.assertEqual([(row[0], row[1]) for row in rows], [("a", 75.0), ("b", 25.0)])

    def test_what_a_stage_does_not_use_goes_to_all_behind_it(self):
        todo = plan.parts([stage("long", 1, least=1000), stage("a", 1), stage("b", 1)], ["heap"])
        rows = plan.table(todo, 100)
        self.assertEqual([row[2] for row in rows], [False, True, True])
        self.assertEqual([row[1] for row in rows[1:]], [50.0, 50.0])

    def test_a_target_has_its_part_and_heap_the_largest(self):
        said = {"heap": {"weight": 3, "needs": []}, "library": {"weight": 1, "needs": ["worker"]}}
        todo = plan.parts([stage("fuzz", 4, parts=("TARGETS",), without=("worker",))], ["heap", "trace", "library"], said.get)
        self.assertEqual([(part.key, part.weight) for part in todo], [("fuzz/heap", 3.0), ("fuzz/trace", 1.0)])

    def test_every_night_of_the_real_table_spends_no_more_than_it_has(self):
        for seconds in (30, 600, 8 * 3600):
            rows = plan.table(plan.parts(plan.PLAN, fuzz_targets.names()), seconds)
            self.assertLessEqual(sum(share for _, share, enough, _ in rows if enough), seconds + 1e-6)

    def test_a_full_night_of_the_real_table_has_time_for_every_stage(self):
        rows = plan.table(plan.parts(plan.PLAN, fuzz_targets.names()), 8 * 3600)
        self.assertEqual([key for key, _, enough, _ in rows if not enough], [])

    def test_every_stage_of_the_real_table_starts_something_that_is_there(self):
        names = {one.name for one in plan.PLAN}
        for one in plan.PLAN:
            self.assertIn(one.needs, names | {""}, one.name)
            if one.command[0].startswith("ci/"):
                self.assertTrue((fuzz_targets.ROOT / one.command[0]).exists(), one.command[0])
        self.assertEqual(len(names), len(plan.PLAN))


class Choosing(unittest.TestCase):
    def test_only_brings_what_a_stage_needs_and_the_groups(self):
        chosen = options.selected(plan.PLAN, ("properties",), ())
        self.assertEqual([one.name for one in chosen], ["build-dev", "properties", "group"])

    def test_skip_leaves_out(self):
        self.assertNotIn("afl", [one.name for one in options.selected(plan.PLAN, (), ("afl",))])


class Skipping(NightCase):
    def reasons(self):
        return {key: (part["outcome"], part["detail"]) for key, part in self.report()["parts"].items()}

    def test_each_reason_is_in_the_report(self):
        status, said, _ = self.night([
            script("lacks", "end", "3", "ci/x: needs y (Debian: z)"), script("behind", "end", "0", "", needs="lacks"),
            script("long", "end", "0", "", least=9999), fuzz(command=["no/such/program"]), GROUP])
        self.assertEqual(status, 0)
        told = self.reasons()
        self.assertEqual(told["lacks"], ("skipped", "ci/x: needs y (Debian: z)"))
        self.assertEqual(told["behind"], ("skipped", "lacks: skipped, ci/x: needs y (Debian: z)"))
        self.assertRegex(told["long"][1], r"\d+ s are left for it, it needs 9999")
        self.assertRegex(told["libfuzzer/heap"][1], "there is no program .*/no/such/program")
        for _, detail in told.values():
            self.assertIn(detail, said)

    def test_a_stage_that_goes_wrong_makes_the_status_and_a_complaint_too(self):
        self.assertEqual(self.night([script("odd", "end", "7", "what is this")])[0], 1)
        self.assertEqual(self.reasons()["odd"], ("failed", "status 7: what is this"))
        self.assertEqual(self.night([script("found", "end", "1", "one survived")])[0], 1)
        self.assertEqual(self.reasons()["found"], ("finding", "one survived"))

    def test_a_command_that_must_end_and_does_not_has_not_passed(self):
        self.night([script("wait", "wait", str(self.room / "pids"), must_end=True)], seconds=4)
        self.assertEqual(self.reasons()["wait"][0], "cut")

    def test_properties_run_again_with_new_seeds_until_one_fails(self):
        self.night([script("again", "end", "{seed}", "x", kind="repeat")])
        told = self.report()["parts"]["again"]
        # The seeds are 1, a finding, then 2, which is no status that a test ends with.
        self.assertEqual((told["outcome"], told["detail"]), ("failed", "status 2: x"))

    def test_a_wrong_plan_or_name_is_one_line(self):
        (self.room / "bad.json").write_text("{", encoding="utf-8")
        for more in (["--plan", str(self.room / "bad.json")], ["--only", "nothing"], ["--targets", "nothing"], ["--seconds", "0"]):
            status, _, complained = self.night([GROUP], *more)
            self.assertEqual((status, complained.count("\n")), (2, 1), complained)


if __name__ == "__main__":
    sys.exit(unittest.main())
