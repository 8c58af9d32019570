"""The workflows and the projects of the fuzzing clusters parse, ask for no more than they need, and call only what exists."""

import os
import pathlib
import re
import sys
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MODES = {"code-change", "batch", "prune", "coverage"}
SANITIZERS = {"address", "undefined", "coverage"}
# What actions of ClusterFuzzLite take; an unknown input is only warned of, and then ignored.
INPUTS = {
    "build_fuzzers": {"language", "github-token", "sanitizer", "storage-repo", "storage-repo-branch", "keep-unaffected-fuzz-targets"},
    "run_fuzzers": {"github-token", "fuzz-seconds", "mode", "sanitizer", "storage-repo", "storage-repo-branch",
                    "storage-repo-branch-coverage", "output-sarif", "report-unreproducible-crashes"},
}
# What a job may do beside reading the code, and by which actions alone: such a job runs no code of the project.
MORE = {"contents": "read", "actions": "read", "security-events": "write"}
NO_CODE = {"actions/checkout", "actions/download-artifact", "github/codeql-action/upload-sarif"}
# The words that a step may begin with: a machine of the runner's needs git before it can fetch our scripts.
PREPARES = ("apt-get update && apt-get install ", "git config --global --add safe.directory ")
PINNED = re.compile(r"[\w.-]+(/[\w.-]+)+@v\d+(\.\d+)*|[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}")
SCRIPT = re.compile(r"(?:^|[\s;&|])((?:\.?ci|bench|build|mutants)/[\w./-]+)")


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps():
    for path in WORKFLOWS:
        for job in load(path)["jobs"].values():
            for step in job["steps"]:
                yield path.name, job, step


class Workflows(unittest.TestCase):
    def test_there_is_one_for_each_mode_of_clusterfuzzlite(self):
        modes = {step["with"]["mode"] for _, _, step in steps() if "run_fuzzers" in step.get("uses", "")}
        self.assertEqual(modes, MODES)

    def test_each_asks_for_reading_alone_and_has_a_limit(self):
        for path in WORKFLOWS:
            workflow = load(path)
            self.assertEqual(workflow["permissions"], {"contents": "read"}, path.name)
            for job in workflow["jobs"].values():
                self.assertIn("timeout-minutes", job, path.name)
                if "permissions" in job:
                    self.assertLessEqual(job["permissions"].items(), MORE.items(), path.name)
                    self.assertFalse([step for step in job["steps"] if "run" in step], f"{path.name}: code runs beside a permission to write")
                    self.assertLessEqual({step["uses"].partition("@")[0] for step in job["steps"]}, NO_CODE, path.name)

    def test_each_action_is_pinned(self):
        for name, _, step in steps():
            if "uses" in step:
                self.assertRegex(step["uses"], rf"\A({PINNED.pattern})\Z", name)

    def test_each_step_is_an_action_a_preparation_or_one_of_our_scripts(self):
        for name, _, step in steps():
            self.assertEqual(("run" in step) + ("uses" in step), 1, name)
            for line in step.get("run", "").strip().splitlines():
                self.assertTrue(line.startswith((*PREPARES, "ci/", ".ci/")), f"{name} runs: {line}")
                self.assertNotIn("${{", line, f"{name}: what others wrote becomes part of a command")

    def test_what_a_pull_request_starts_is_cancelled_by_its_next_push(self):
        for path in WORKFLOWS:
            workflow = load(path)
            if path.name == "push.yml" or "pull_request" not in workflow[True]:
                continue
            for job in workflow["jobs"].values():
                told = job.get("concurrency") or workflow.get("concurrency")
                self.assertIn("github.ref", told["group"], path.name)
                self.assertIs(told["cancel-in-progress"], True, path.name)

    def test_the_night_keeps_its_corpus_and_gives_its_report_out(self):
        job, = load(ROOT / ".github/workflows/nightly.yml")["jobs"].values()
        cached = next(step["with"] for step in job["steps"] if "cache@" in step.get("uses", ""))
        self.assertIn("out/night/corpus", cached["path"].split())
        self.assertTrue(cached["key"].startswith(cached["restore-keys"]))
        given = {step["with"]["name"]: step for step in job["steps"] if "upload-artifact" in step.get("uses", "")}
        self.assertEqual(set(given), {"night-report", "night-findings", "night-corpus"})
        self.assertTrue(all(step["if"] == "always()" for step in given.values()))
        hours = int(next(re.search(r"ci/nightly --hours (\d+)", step["run"])[1] for step in job["steps"] if "ci/nightly" in step.get("run", "")))
        self.assertLess(hours * 60, job["timeout-minutes"] - 30)

    def test_each_calls_only_scripts_that_exist(self):
        called = [(name, script) for name, _, step in steps() for script in SCRIPT.findall(step.get("run", ""))]
        self.assertNotEqual(called, [])
        for name, script in called:
            self.assertTrue(os.access(ROOT / script, os.X_OK), f"{name} calls {script}")

    def test_each_gives_clusterfuzzlite_only_what_it_takes(self):
        for name, job, step in steps():
            action = step.get("uses", "")
            if "clusterfuzzlite" not in action:
                continue
            kind, version = action.rsplit("/", 1)[1].split("@")
            self.assertEqual(version, "v1", name)
            self.assertLessEqual(set(step["with"]), INPUTS[kind], name)
            sanitizers = [step["with"]["sanitizer"]]
            if sanitizers == ["${{ matrix.sanitizer }}"]:
                sanitizers = job["strategy"]["matrix"]["sanitizer"]
            self.assertLessEqual(set(sanitizers), SANITIZERS, name)

    def test_a_pull_request_never_sees_the_storage_token(self):
        for path in WORKFLOWS:
            text = path.read_text(encoding="utf-8")
            if "pull_request" in text:
                self.assertNotIn("CFLITE_STORAGE_TOKEN", text, path.name)

    def test_paths_that_a_workflow_watches_exist(self):
        for path in WORKFLOWS:
            triggers = load(path)[True]  # "on" is a boolean in YAML 1.1
            watched = triggers.get("pull_request") if isinstance(triggers, dict) else None
            for pattern in (watched or {}).get("paths", []):
                self.assertTrue((ROOT / pattern.removesuffix("/**")).exists(), f"{path.name} watches {pattern}")


class Projects(unittest.TestCase):
    def test_both_clusters_are_told_the_same(self):
        ours, lite = load(ROOT / "ci/oss-fuzz/project.yaml"), load(ROOT / ".clusterfuzzlite/project.yaml")
        for key, value in lite.items():
            self.assertEqual(ours[key], value, key)
        self.assertLessEqual(set(ours["sanitizers"]), SANITIZERS)
        self.assertLessEqual(set(ours["fuzzing_engines"]), {"libfuzzer", "afl"})

    def test_the_images_have_the_same_base_and_packages(self):
        texts = [(ROOT / folder / "Dockerfile").read_text(encoding="utf-8") for folder in ("ci/oss-fuzz", ".clusterfuzzlite")]
        base, packages = zip(*((re.search(r"^FROM (.+)$", text, re.MULTILINE)[1], re.search(r"RUN apt-get.*?\n\n?(?=[A-Z])", text, re.S)[0])
                               for text in texts))
        self.assertEqual(base[0], base[1])
        self.assertEqual(packages[0], packages[1])
        self.assertTrue(base[0].endswith(load(ROOT / "ci/oss-fuzz/project.yaml")["base_os_version"]))

    def test_every_file_that_an_image_copies_exists(self):
        for folder in ("ci/oss-fuzz", ".clusterfuzzlite"):
            for source in re.findall(r"^COPY (\S+)", (ROOT / folder / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE):
                base = ROOT / folder if folder.startswith("ci") else ROOT
                self.assertTrue((base / source).exists(), f"{folder}: {source}")


if __name__ == "__main__":
    sys.exit(unittest.main())
