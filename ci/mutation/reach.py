"""Which tests come to a mutant: those that enter the function that it changes. No other can see it."""

import re

from mutation import schema
from mutation.drive import run_limited, temporary_folder
from mutation.errors import Trouble
from mutation.work import in_parallel, tell

# Of the tests of a mutant, the quickest are run first, until they have taken so long: most are seen by them.
QUICK_SECONDS = 2


def names_in(listing):
    """The tests that GoogleTest lists."""
    suite, names = "", []
    for line in listing.splitlines():
        line = line.split("#")[0].rstrip()
        if re.fullmatch(r"\S+\.", line):
            suite = line
        elif re.fullmatch(r"  \S+", line) and suite:
            names.append(suite + line.strip())
    return names


class Reach:
    """What each test enters of the functions in `program`, a schema's, and what it costs."""

    def __init__(self, tests, program, wanted, sites, jobs):
        self.tests, self.program = tests, program
        self.size = max(sites) + 1
        listed = run_limited([str(program), "--gtest_list_tests", f"--gtest_filter={wanted}"], tests.seconds, tests.sound.folder)
        names = names_in(listed.output)
        if not names:
            raise Trouble(f"{program}: lists no tests: {listed.errors[-300:]}")
        tell(f"looking which mutants each of {len(names)} tests comes to")
        self.coming = {site: [] for site in sites}
        in_parallel(jobs, names, self.entered_by, None, lambda place, entered: self.note(names[place], *entered))
        for coming in self.coming.values():
            coming.sort()

    def entered_by(self, name):
        with temporary_folder() as folder:
            file = folder / "entered"
            file.write_bytes(bytes(self.size))
            verdict = self.tests.judge(self.program, name, {schema.CHOSEN: "0", schema.ENTERED: str(file)})
            if verdict.failed:
                raise Trouble(f"the sound {name} fails alone")
            return file.read_bytes(), verdict.cpu_seconds

    def note(self, name, entered, cpu_seconds):
        for site in self.coming:
            if entered[site]:
                self.coming[site].append((cpu_seconds, name))

    def portions(self, site):
        """Filters for the tests that come to a site, the quick ones first, each with what they cost."""
        quick, slow, spent = [], [], 0.0
        for cost, name in self.coming[site]:
            spent += cost
            (quick if spent <= QUICK_SECONDS else slow).append((cost, name))
        return [(":".join(name for _, name in portion), sum(cost for cost, _ in portion)) for portion in (quick, slow) if portion]
