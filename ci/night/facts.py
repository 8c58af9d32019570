"""What a report says of where and on what a night ran."""

import os
import pathlib
import platform
import shlex
import subprocess
import sys

from fuzz_targets import ROOT
from night import files


def git(*words):
    done = subprocess.run(["git", "-C", ROOT, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def commit():
    return {"hash": git("rev-parse", "HEAD") or "unknown", "title": git("log", "-1", "--format=%s"),
            "changed_files": len(git("status", "--porcelain", "--untracked-files=no").splitlines())}


def machine():
    model = ""
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return {"system": f"{platform.system()} {platform.release()}", "processor": model or platform.machine(), "processors": os.cpu_count(),
            "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20, "load_at_the_end": round(os.getloadavg()[0], 1),
            "python": sys.version.split()[0]}


def coverage(night):
    """The points of the curve that this night's stage wrote; none where it did not."""
    value = files.read_json(night.out / "coverage.json", {})
    return value if value.get("since") == night.since else {}


def again(night, course):
    """The command that starts the same night again. Time decides what is found, so that the same seed need not find the same."""
    words = ["ci/nightly", "--seconds", course["total"], "--seed", night.seed, "--workers", night.workers, "--targets", ",".join(night.targets),
             "--only", ",".join(course["stages"]), "--out", night.out]
    return shlex.join(map(str, words))
