"""Programs that find a mutant which most programs do not: worth having in a corpus."""

import re

from mutation.drive import run_limited, temporary_folder
from night import files

MINIMIZE_SECONDS = 60  # of processor time


def hard_result(results, later_than):
    """The result whose program is worth keeping: of the one seed of several that found the mutant, or the first that took
    more CPU seconds than `later_than`; None where the mutant is not hard."""
    found = [result for result in results if result.oracle]
    if len(found) == 1 and len(results) > 1:
        return found[0]
    return next((result for result in found if result.cpu_seconds > later_than), None)


class Keeper:
    """Writes minimised programs into a folder; does nothing where there is none."""

    def __init__(self, folder, later_than):
        self.folder = folder.resolve() if folder else None
        self.later_than = later_than

    def look_at(self, name, program, results, environment=None):
        """Keeps the program of a hard mutant as NAME.trace. `program` holds the mutant."""
        result = hard_result(results, self.later_than) if self.folder else None
        if result and result.trace:
            files.write_bytes(self.folder / f"{name}.trace", minimized(program, result, environment))


def minimized(program, result, environment):
    """The shortest trace that shows the same finding; the whole one where that cannot be had."""
    with temporary_folder() as folder:
        trace, shorter = folder / "found.trace", folder / "shorter.trace"
        trace.write_bytes(result.trace)
        subject = re.search(r" (--subject \S+)", result.command or "")
        words = [str(program), "minimize", str(trace), "--output", str(shorter), *(subject[1].split() if subject else [])]
        run_limited(words, MINIMIZE_SECONDS, folder, environment)
        return shorter.read_bytes() if shorter.exists() else result.trace
