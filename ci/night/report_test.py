"""What a report tells, in each of its forms."""

import html.parser
import json
import pathlib
import sys
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from night import plot  # noqa: E402, its place is known only now
from night.testing.nights import GROUP, MERGE, NightCase, fuzz, script  # noqa: E402

VOID = {"meta", "br"}
MAY_STAY_OPEN = {"html"}


class Tags(html.parser.HTMLParser):
    """Every element is closed in its order, and nothing comes from elsewhere."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.seen, self.text = [], [], set(), ""

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        for name, value in attributes:
            if name in ("src", "href") and ":" in (value or ""):
                self.wrong.append(f"{tag} {name}={value}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.add(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        self.text += data


class Report(NightCase):
    PLAN = [script("lacks", "end", "3", "ci/x: needs <y> & \"z\""), script("odd", "end", "9", "bad\x01byte"), fuzz(), MERGE, GROUP]

    def test_tells_of_each_cause_once_and_calls_it_known_the_next_night(self):
        self.night(self.PLAN)
        report = self.report()
        self.assertEqual({(one["cause"], one["known"], len(one["files"])) for one in report["groups"]}, {("cause.a", False, 2), ("cause.b", False, 2)})
        self.assertEqual({pathlib.Path(one["shortest"]).name for one in report["groups"]}, {"finding-cause.a.trace", "finding-cause.b.trace"})
        first = report["night"]
        (self.out / "findings" / "heap" / "finding-new.trace").write_text("cause.c", encoding="utf-8")
        (self.out / "findings" / "heap" / "finding-0000000000000001.trace").write_text("nothing", encoding="utf-8")
        self.assertEqual(self.night([GROUP])[0], 1)
        report = self.report()
        self.assertEqual({(one["cause"], one["known"], one["first_seen"]) for one in report["groups"]},
                         {("cause.a", True, first), ("cause.b", True, first), ("cause.c", False, report["night"])})
        self.assertEqual([pathlib.Path(path).name for path in report["gone"]], ["finding-0000000000000001.trace"])

    def test_a_crash_that_shows_nothing_is_told_the_first_time(self):
        place = self.out / "findings" / "heap"
        place.mkdir(parents=True)
        (place / "unrepeated-1.trace").write_text("nothing", encoding="utf-8")
        self.assertEqual(self.night([GROUP])[0], 1)
        self.assertEqual([one["cause"] for one in self.report()["groups"]], ["not-repeated"])
        self.assertEqual(self.night([GROUP])[0], 0)

    def test_files_that_could_not_be_grouped_are_findings_all_the_same(self):
        self.assertEqual(self.night([fuzz(), GROUP | {"command": ["/bin/sh", "-c", "echo broken; exit 5"]}])[0], 1)
        one, = self.report()["groups"]
        self.assertEqual((one["cause"], len(one["files"])), ("not-grouped", 4))
        self.assertIn("status 5", self.report()["parts"]["group"]["detail"])

    def test_counts_executions_and_the_corpus(self):
        self.night(self.PLAN)
        report = self.report()
        # Two lives that die after 40 runs, and one that says 50 when it ends, by two workers.
        self.assertEqual(report["executions"], {"heap": {"libfuzzer": 260}})
        self.assertEqual(report["corpus_before"]["heap"], [0, 0])
        self.assertEqual(report["corpus_after"]["heap"][0], 4)
        samples = report["parts"]["libfuzzer/heap"]["samples"]
        self.assertEqual((samples[-1]["edges"], samples[-1]["runs"]), (11, 260))
        for key in ("seed", "commit", "machine", "plan", "again"):
            self.assertTrue(report[key], key)

    def test_the_page_is_whole_and_fetches_nothing(self):
        self.night(self.PLAN)
        text = (self.out / "report.html").read_text(encoding="utf-8")
        tags = Tags()
        tags.feed(text)
        self.assertEqual((tags.wrong, tags.open), ([], list(MAY_STAY_OPEN)))
        self.assertNotIn("script", tags.seen)
        self.assertIn("svg", tags.seen)
        self.assertNotIn("url(", text)
        self.assertIn("prefers-color-scheme", text)
        for words in ("ci/x: needs <y> & \"z\"", "cause.a", "that & more", "2 files of"):
            self.assertIn(words, tags.text)

    def test_junit_has_a_case_for_each_part_and_each_group(self):
        self.night(self.PLAN)
        suites = xml.parse(self.out / "report.junit.xml").getroot()
        self.assertEqual(suites.tag, "testsuites")
        suite, = suites
        cases = {(case.get("classname"), case.get("name")): case for case in suite}
        self.assertEqual(len(cases), int(suite.get("tests")))
        self.assertEqual({(key.partition("/")[0], key.partition("/")[2] or key) for key in self.report()["parts"]},
                         {(kind.removeprefix("night."), name) for kind, name in cases if kind != "night.findings"})
        kinds = [child.tag for case in suite for child in case]
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            self.assertEqual(int(suite.get(attribute)), kinds.count(tag), attribute)
        self.assertEqual(kinds.count("failure"), 3)  # the fuzzing that found something, and two groups
        self.assertEqual(cases["night.odd", "odd"][0].get("message"), "status 9: bad?byte")
        self.assertIn("replay", cases["night.findings", "heap: cause.a: malloc a #0"][0].text)

    def test_sarif_has_a_result_for_each_group_with_all_that_the_format_demands(self):
        self.night(self.PLAN)
        log = json.loads((self.out / "report.sarif").read_text(encoding="utf-8"))
        self.assertEqual(log["version"], "2.1.0")
        self.assertIn("sarif-2.1.0", log["$schema"])
        run, = log["runs"]
        self.assertEqual(run["tool"]["driver"]["name"], "poolhammer")
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        self.assertEqual(rules, ["cause.a", "cause.b"])
        self.assertEqual(len(run["results"]), 2)
        for result in run["results"]:
            self.assertIn(result["ruleId"], rules)
            self.assertIn(result["level"], ("none", "note", "warning", "error"))
            self.assertTrue(result["message"]["text"])
            self.assertIn(result["baselineState"], ("new", "unchanged"))
            place = result["locations"][0]["physicalLocation"]
            self.assertTrue(pathlib.Path(place["artifactLocation"]["uri"]).exists())
            self.assertGreaterEqual(place["region"]["startLine"], 1)
        self.assertEqual(len({result["partialFingerprints"]["group/v1"] for result in run["results"]}), 2)
        self.assertFalse(run["invocations"][0]["executionSuccessful"])

    def test_a_quiet_night_says_so_and_ends_with_0(self):
        self.assertEqual(self.night([script("good", "end", "0", ""), GROUP])[0], 0)
        self.assertEqual((self.report()["outcome"], self.report()["groups"]), ("passed", []))
        self.assertIn("Nothing was found", (self.out / "report.html").read_text(encoding="utf-8"))

    def test_where_everything_lacks_something_the_status_is_3(self):
        self.assertEqual(self.night([script("lacks", "end", "3", "needs y")])[0], 3)


class Plot(unittest.TestCase):
    def test_ticks_are_round_and_inside(self):
        for low, high in ((0, 7), (1290, 1344), (0, 1_000_000), (5, 5)):
            made = plot.ticks(low, high)
            self.assertTrue(all(low <= one <= high for one in made))
            self.assertLessEqual(len(made), 12)
            self.assertGreaterEqual(len(made), 1)

    def test_a_curve_that_rises_goes_up_on_the_page(self):
        drawn = plot.curves("t", "u", [("a", [(0, 1), (10, 5)])])
        path = drawn[drawn.index(' d="M') + 5:].split('"')[0]
        first = float(path.split("H")[0].split(",")[1])
        last = float(path.split("V")[1].split("H")[0])
        self.assertGreater(first, last)

    def test_nothing_to_draw_draws_nothing(self):
        self.assertEqual(plot.curves("t", "u", [("a", [])]), "")


if __name__ == "__main__":
    sys.exit(unittest.main())
