#!/usr/bin/env python3
"""build_afl.py WORKERS TARGET,...: makes the builds that ci/afl runs. Exit status: 0, or 3 where that fails."""

import contextlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import afl_run  # noqa: E402, its place is known only now
import engine_builds  # noqa: E402


def main():
    if engine_builds.complain_of_missing("ci/nightly", {"afl-fuzz": "afl++", "afl-clang-fast++": "afl++", "cmake": "cmake", "ninja": "ninja-build"}):
        return 3
    names = sorted({name for role in afl_run.roles(int(sys.argv[1])) for name in role.builds()})
    try:
        for target in sys.argv[2].split(","):
            for name in names:
                with contextlib.suppress(engine_builds.NotThere):
                    engine_builds.build(name, target)
    except engine_builds.BuildFailed as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
