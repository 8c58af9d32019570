"""A night loses nothing, however it ends. Every kill is at an event, none at a time."""

import hashlib
import os
import pathlib
import resource
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from night import corpora, processes  # noqa: E402, its place is known only now
from night.testing.nights import FAKE, GROUP, MERGE, NightCase, fuzz, script, until  # noqa: E402


class Killed(NightCase):
    def test_findings_and_inputs_from_before_the_kill_are_in_the_resumed_report(self):
        night = self.start([fuzz("wait"), MERGE, GROUP])
        until(self.findings, "a finding")
        name = self.state()["name"]
        seen, inputs = self.findings(), self.corpus()
        self.kill(night)
        self.assertFalse((self.out / "report.json").exists())
        until(lambda: not processes.tagged(name), "that its engines end with it")
        self.assertLessEqual(inputs.items(), self.corpus().items())

        status, said, _ = self.night([fuzz(), MERGE, GROUP], "--resume")
        self.assertEqual(status, 1)
        self.assertIn(f"the night {name} ended without a report, in libfuzzer/heap", said)
        self.assertIn("no report has told of", said)
        self.assertEqual(self.report()["night"], name)
        self.assertEqual(self.report()["resumed"], 1)
        self.assertLessEqual(seen, self.reported())
        # The smallest corpus has every content still.
        self.assertLessEqual(set(inputs.values()), set(self.corpus().values()))

    def test_a_plain_night_after_a_kill_reports_what_was_left_as_new(self):
        night = self.start([fuzz("wait"), GROUP])
        until(self.findings, "a finding")
        seen, name = self.findings(), self.state()["name"]
        self.kill(night)
        status, _, _ = self.night([script("nothing", "end", "0", ""), GROUP])
        self.assertEqual(status, 1)
        self.assertNotEqual(self.report()["night"], name)
        self.assertLessEqual(seen, self.reported())
        self.assertFalse(any(one["known"] for one in self.report()["groups"]))

    def test_a_kill_in_a_merge_leaves_every_input(self):
        (self.out / "corpus" / "heap").mkdir(parents=True)
        for number in range(6):
            (self.out / "corpus" / "heap" / f"input-{number}").write_text(str(number // 2), encoding="utf-8")
        (self.out / "corpus" / "hold").touch()
        night = self.start([MERGE, GROUP])
        until((self.out / "corpus" / "held").exists, "a merge that has chosen one input")
        inputs, name = self.corpus(), self.state()["name"]
        self.assertEqual(len(inputs), 6)
        self.kill(night)
        until(lambda: not processes.tagged(name), "that the merge ends with it")
        self.assertEqual(self.corpus(), inputs)
        (self.out / "corpus" / "hold").unlink()
        self.night([MERGE, GROUP])
        self.assertEqual(sorted(self.corpus().values()), ["0", "1", "2"])

    def test_what_a_script_left_elsewhere_comes_home_after_a_kill(self):
        place = self.room / "elsewhere"
        place.mkdir()
        night = self.start([script("soak", "wait", str(place / "finding-1.trace"), collect=[str(place)])])
        until((place / "finding-1.trace").exists, "a script that found something")
        self.kill(night)
        self.night([script("soak", "end", "0", "", collect=[str(place)]), GROUP])
        self.assertIn("finding-1.trace", self.reported())
        self.assertEqual([one["from"] for one in self.report()["groups"]], ["soak"])

    def test_children_in_sessions_of_their_own_end_with_it(self):
        pids = self.room / "pids"
        night = self.start([script("wait", "wait", str(pids))])
        until(pids.exists, "a script with a child")
        name = self.state()["name"]
        self.assertEqual(len(processes.tagged(name)), 3)  # the warden, the script, its child
        self.kill(night)
        until(lambda: not processes.tagged(name), "that all end")

    def test_what_outlives_even_its_warden_is_ended_by_the_next_night(self):
        pids = self.room / "pids"
        night = self.start([script("wait", "wait", str(pids))])
        until(pids.exists, "a script with a child")
        name = self.state()["name"]
        _, child = map(int, pids.read_text(encoding="utf-8").split())
        warden = next(pid for pid in processes.tagged(name) if b"warden.py" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
        self.addCleanup(lambda: processes.end_tagged(name))
        os.kill(warden, signal.SIGSTOP)  # it cannot do its work
        self.kill(night)
        os.kill(warden, signal.SIGKILL)
        self.assertIn(child, processes.tagged(name))
        _, said, _ = self.night([script("end", "end", "0", "")])
        self.assertRegex(said, r"\d of its processes were still running, and were killed")
        self.assertEqual(processes.tagged(name), [])


class Stopped(NightCase):
    def stop(self, number):
        night = self.start([fuzz("wait"), MERGE, GROUP])
        until(lambda: len(self.findings()) == 4, "all findings of the fake")
        night.send_signal(number)
        night.communicate()
        return night.returncode

    def ends_by(self, number):
        self.assertEqual(self.stop(number), 1)
        report = self.report()
        self.assertEqual((report["outcome"], report["stopped"]), ("stopped", number.name))
        self.assertEqual(report["parts"]["merge/heap"]["outcome"], "skipped")
        self.assertIn(number.name, report["parts"]["merge/heap"]["detail"])
        self.assertEqual(processes.tagged(report["night"]), [])
        self.assertEqual(self.findings(), {f"finding-{seed:016x}.trace" for seed in (1, 2, 1001, 1002)})
        self.assertEqual(self.reported(), self.findings())

    def test_a_stopped_night_can_be_gone_on_with(self):
        self.stop(signal.SIGTERM)
        name, seen = self.report()["night"], self.findings()
        _, said, _ = self.night([fuzz(), MERGE, GROUP], "--resume")
        self.assertIn(f"the night {name} was stopped by SIGTERM", said)
        report = self.report()
        self.assertEqual((report["night"], report["outcome"], report["stopped"]), (name, "finding", ""))
        self.assertNotIn(report["parts"]["merge/heap"]["outcome"], ("skipped", "stopped"))
        self.assertLessEqual(seen, self.reported())

    def test_an_interrupt_ends_it_with_a_report_of_what_was_found(self):
        self.ends_by(signal.SIGINT)

    def test_a_sigterm_ends_it_with_a_report_of_what_was_found(self):
        self.ends_by(signal.SIGTERM)

    def test_a_worker_that_is_killed_is_started_again_and_told(self):
        night = self.start([fuzz("wait"), GROUP])
        place = until(lambda: list((self.out / "findings" / "heap").glob(".worker-*")), "a worker that waits")[0]
        first = int(until(lambda: place.read_text(encoding="utf-8"), "its number"))
        os.kill(first, signal.SIGKILL)
        number = int(place.name.removeprefix(".worker-"))
        until(lambda: (place.parent / f".worker-{number + 1000}").exists(), "the same worker's next life")
        night.terminate()
        night.communicate()
        self.assertIn("was killed by signal 9, and started again", self.report()["parts"]["libfuzzer/heap"]["detail"])

    def test_an_input_that_ends_every_start_is_put_aside_and_kept_as_a_finding(self):
        place = self.out / "corpus" / "heap"
        place.mkdir(parents=True)
        contents = ["bad 1", "bad 2", "good 1", "bad 3", "good 2"]
        for text in contents:
            (place / hashlib.sha1(text.encode()).hexdigest()).write_text(text, encoding="utf-8")
        self.assertEqual(self.night([fuzz(command=[FAKE, "picky", "{corpus}", "{findings}", "{seeds}"])])[0], 1)
        self.assertEqual(sorted(self.corpus().values()), ["good 1", "good 2"])
        kept = {path.read_text(encoding="utf-8") for path in (self.out / "findings" / "heap").glob("crash-*")}
        self.assertEqual(kept, {"bad 1", "bad 2", "bad 3"})
        self.assertRegex(self.report()["parts"]["libfuzzer/heap"]["detail"], r"\d times a process died of an input that it started from")
        self.assertGreater(self.report()["parts"]["libfuzzer/heap"]["samples"][-1]["edges"], 0, "it came to fuzz")

    def test_a_second_night_in_the_same_folder_is_refused(self):
        self.start([fuzz("wait")])
        until(self.findings, "a night that runs")
        status, _, complained = self.night([fuzz()])
        self.assertEqual((status, complained), (2, f"ci/nightly: another night runs in {self.out}\n"))


class FullDisk(NightCase):
    def bytes(self):
        return {path.name: path.read_bytes() for path in self.out.glob("report.*")}

    def test_is_one_line_and_leaves_the_older_report_and_corpus_whole(self):
        self.assertEqual(self.night([fuzz(), GROUP])[0], 1)
        before, inputs = self.bytes(), self.corpus()
        self.assertEqual(len(before), 4)
        for most in (100, 4000):  # the state does not fit; the report does not
            with self.subTest(most=most):
                status, _, complained = self.night([script("end", "end", "0", ""), GROUP],
                                                   preexec_fn=lambda most=most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
                self.assertEqual(status, 3)
                self.assertRegex(complained, rf"\Aci/nightly: no room left in {self.out} for \S+: the older one is kept\n\Z")
                self.assertEqual(self.bytes(), before)
                self.assertEqual(self.corpus(), inputs)
                self.assertEqual(list(self.out.glob(".*.new")), [])

    def test_too_little_room_ends_the_night_before_it_begins(self):
        status, _, complained = self.night([fuzz()], "--least-free", "99999999")
        self.assertEqual(status, 3)
        self.assertRegex(complained, r"\Aci/nightly: \d+ MiB are free in .+, a night needs 99999999\n\Z")


class Adopting(NightCase):
    """A corpus is replaced by its cover file by file: whoever looks in between finds all of the cover."""

    def setUp(self):
        super().setUp()
        self.fill()

    def fill(self, part=""):
        self.held, self.chosen = self.room / f"held{part}", self.room / f"chosen{part}"
        for folder, names in ((self.held, "abcd"), (self.chosen, "be")):
            folder.mkdir()
            for name in names:
                (folder / name).write_text(name, encoding="utf-8")

    def test_leaves_the_cover_and_what_came_since(self):
        held = sorted(self.held.iterdir())
        (self.held / "new").write_text("new", encoding="utf-8")
        self.assertTrue(corpora.adopt(self.held, self.chosen, held))
        self.assertEqual(sorted(path.name for path in self.held.iterdir()), ["b", "e", "new"])

    def test_never_misses_an_input_of_the_cover_wherever_it_is_cut_off(self):
        class CutOff(Exception):
            pass

        for steps in range(6):
            left = [steps]
            self.fill(steps)

            def act(original, left=left):
                def step(path, *more, **words):
                    if left[0] == 0:
                        raise CutOff
                    left[0] -= 1
                    return original(path, *more, **words)
                return step

            replace, unlink = pathlib.Path.replace, pathlib.Path.unlink
            pathlib.Path.replace, pathlib.Path.unlink = act(replace), act(unlink)
            try:
                corpora.adopt(self.held, self.chosen, sorted(self.held.iterdir()))
            except CutOff:
                pass
            finally:
                pathlib.Path.replace, pathlib.Path.unlink = replace, unlink
            names = {path.name for path in self.held.iterdir()}
            self.assertIn("b", names)
            if names & set("acd") != set("acd"):
                self.assertIn("e", names, "an input went before the cover was there")

    def test_an_empty_or_broken_choice_changes_nothing(self):
        held = sorted(self.held.iterdir())
        empty = self.room / "empty"
        empty.mkdir()
        self.assertFalse(corpora.adopt(self.held, empty, held))
        (self.chosen / ("0" * 40)).write_text("cut off by a full disk", encoding="utf-8")
        self.assertFalse(corpora.adopt(self.held, self.chosen, held))
        self.assertEqual(sorted(self.held.iterdir()), held)


if __name__ == "__main__":
    sys.exit(unittest.main())
