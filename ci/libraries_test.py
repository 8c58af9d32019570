"""Tests of ci/libraries: what is fetched and built is complete or not there, and what the page says."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

CI = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(CI))
from library_check import call, first_finding, note, tally  # noqa: E402

FINDING = {"function": "malloc", "arguments": "1", "block": None, "promised": "a block", "happened": "none", "reproduction": "reproduced",
           "functions": ["malloc", "calloc"]}
REPORT = {"clauses": [{"id": "free.null", "verdict": "kept", "findings": []},
                      {"id": "zero.lawful", "verdict": "broken", "findings": [FINDING]}], "seconds": 12.3, "cpu": 4.5, "first": 0.6}


class Folder(unittest.TestCase):
    """A repository with one commit, and a list of one library made of it."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.root = pathlib.Path(self.scratch.name)
        self.repository = self.root / "upstream" / "small"
        self.repository.mkdir(parents=True)
        self.git("init", "--quiet")
        (self.repository / "small.c").write_text("int small(void) { return 1; }\n")
        self.git("add", "small.c")
        self.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "one")
        self.library = {"name": "small", "repository": "https://example.org/small", "commit": self.git("rev-parse", "HEAD").strip(),
                        "build": ["cc -shared -fPIC small.c -o small.so"], "file": "small.so"}

    def git(self, *words):
        return subprocess.run(["git", *words], cwd=self.repository, check=True, capture_output=True, text=True).stdout

    def run_script(self, *words):
        (self.root / "list.json").write_text(json.dumps({"libraries": [self.library]}))
        (self.root / "notes.json").write_text(json.dumps({"small": {"zero.lawful": "A note."}}))
        config = self.root / "config"
        config.write_text(f'[url "file://{self.root}/upstream/"]\n  insteadOf = https://example.org/\n')
        return subprocess.run([CI / "libraries", *words, "--folder", self.root / "out", "--list", self.root / "list.json", "--notes",
                               self.root / "notes.json", "--output", self.root / "page.md"], capture_output=True, text=True, check=False,
                              env=os.environ | {"GIT_CONFIG_GLOBAL": str(config)})


class Fetch(Folder):
    def test_a_library_is_built_from_a_mirror_that_git_knows(self):
        ended = self.run_script("build")
        self.assertEqual((ended.returncode, ended.stderr), (0, "build small\n"))
        self.assertTrue((self.root / "out" / "small.so").exists())

    def test_what_an_interrupted_clone_left_is_no_clone(self):
        part = self.root / "out" / "sources" / f"small-{self.library['commit'][:12]}.part"
        part.mkdir(parents=True)
        (part / "half").write_text("")
        self.assertEqual(self.run_script("fetch").returncode, 0)
        self.assertEqual([path.name for path in (self.root / "out" / "sources").iterdir()], [part.stem])
        self.assertFalse((part.with_suffix("") / "half").exists())

    def test_a_commit_that_is_not_there_leaves_no_clone_and_is_said(self):
        self.library["commit"] = "0" * 40
        ended = self.run_script("fetch")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("ci/libraries: fetch small: git fetch", ended.stderr)
        self.assertFalse((self.root / "out" / "sources" / "small-000000000000").exists())


class Build(Folder):
    def test_a_build_that_fails_leaves_no_library_and_is_said(self):
        self.library["build"] = ["echo the reason; exit 3"]
        ended = self.run_script("build")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("exit status 3\nthe reason\n", ended.stderr)
        self.assertFalse((self.root / "out" / "small.so").exists())

    def test_a_name_that_is_not_on_the_list_is_refused(self):
        ended = self.run_script("build", "large")
        self.assertEqual((ended.returncode, ended.stderr), (2, "ci/libraries: large: no such library, expected some of small\n"))


class Table(Folder):
    def test_the_page_has_the_counts_the_seconds_and_the_note_of_each_accusation(self):
        reports = self.root / "out" / "reports"
        reports.mkdir(parents=True)
        (reports / "small.json").write_text(json.dumps(REPORT))
        self.assertEqual(self.run_script("table").returncode, 0)
        page = (self.root / "page.md").read_text()
        self.assertRegex(page, r"\| \[small\]\(https://example.org/small\) \|  [0-9a-f]{9} \| 1 \| 1 \| 0 \| 0 \| 12 \| 4 \| 0.6 \|")
        self.assertIn("- `zero.lawful`, malloc(1): promised a block, happened: none. The same of calloc. Reproduced. A note.\n", page)


    def test_what_a_library_wrote_is_told_without_colours_and_without_the_machines_folders(self):
        reports = self.root / "out" / "reports"
        reports.mkdir(parents=True)
        written = "\u001b[31m/home/a/bin/poolhammer-worker: error: /home/a/build/libraries/trees/small/small/b.so: no\u001b[0m"
        report = json.loads(json.dumps(REPORT))
        report["clauses"][1]["findings"][0]["happened"] = written
        (reports / "small.json").write_text(json.dumps(report))
        self.assertEqual(self.run_script("table").returncode, 0)
        self.assertIn("happened: poolhammer-worker: error: trees/small/small/b.so: no.", (self.root / "page.md").read_text())


class Shared(unittest.TestCase):
    def test_the_first_finding_is_the_first_line_that_ends_in_seconds(self):
        self.assertEqual(first_finding("10 %  x\na: b (1.5 s)\nc: d (9.0 s)\n"), 1.5)
        self.assertIsNone(first_finding("nothing (of s)\n"))

    def test_a_note_of_a_function_comes_before_that_of_its_clause(self):
        clause = {"id": "a.b"}
        self.assertEqual(note({"a.b": "all", "a.b malloc": "one"}, clause, FINDING), "one")
        self.assertEqual(note({"a.b": "all"}, clause, FINDING), "all")
        self.assertEqual(note({}, clause, FINDING), "Not yet looked up.")

    def test_verdicts_are_counted(self):
        self.assertEqual(tally(REPORT), {"kept": 1, "broken": 1, "absent": 0, "untried": 0})

    def test_a_call_names_its_block(self):
        self.assertEqual(call(FINDING | {"block": "b0"}), "malloc(1) of b0")


class List(unittest.TestCase):
    """The list itself."""

    def setUp(self):
        self.libraries = json.loads((CI / "libraries.json").read_text(encoding="utf-8"))["libraries"]

    def test_each_library_has_a_name_of_its_own_a_public_repository_and_a_whole_commit(self):
        names = [library["name"] for library in self.libraries]
        self.assertEqual(len(names), len(set(names)))
        for library in self.libraries:
            for repository in [library, *library.get("beside", [])]:
                self.assertTrue(repository["repository"].startswith("https://"), library["name"])
                self.assertTrue(re.fullmatch("[0-9a-f]{40}", repository["commit"]), library["name"])

    def test_each_wrapper_that_a_build_names_is_there(self):
        for library in self.libraries:
            for name in re.findall(r'\$WRAPPERS/([^" ]+)', " ".join(library["build"])):
                self.assertTrue((CI / "library_wrappers" / name).exists(), name)


if __name__ == "__main__":
    unittest.main()
