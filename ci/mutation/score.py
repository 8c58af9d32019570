"""The table: what was caught, by whom, and after how much work."""

import collections
import math
import statistics


def median_seconds(results):
    """The median of CPU seconds to detection, a run that found nothing counting as endless; and the worst."""
    seconds = sorted(r.cpu_seconds if r.oracle else float("inf") for r in results)
    return statistics.median(seconds), seconds[-1]


def middle(rows):
    return statistics.median(row.median for row in rows)


WITHIN = (1, 10, 100)  # CPU seconds


def found_within(rows, seconds):
    """How many runs found their mutant within so many CPU seconds, of how many, and the 95 % interval of the share
    (Wilson's) in percent."""
    runs = [result for row in rows for result in row.results]
    found = sum(1 for run in runs if run.oracle and run.cpu_seconds <= seconds)
    z, n, share = 1.96, len(runs), found / len(runs)
    middle, spread = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = ((middle + sign * spread) / (1 + z * z / n) * 100 for sign in (-1, 1))
    return found, n, low, high


def shown_within(rows, limit):
    """A cell for each of WITHIN that the limit of a run reaches, and one for the limit."""
    cells = {}
    for seconds in sorted({*(s for s in WITHIN if s < limit), limit}):
        found, of, low, high = found_within(rows, seconds)
        cells[f"within {seconds} s"] = f"{100 * found / of:.1f} % ({low:.1f}–{high:.1f})"
    return cells


def shown_seconds(seconds, limit):
    return f">{limit}" if seconds == float("inf") else f"{seconds:.2f}"


def grouped(number):
    return "–" if number is None else f"{number:,}".replace(",", " ")


def median_count(results, field):
    counts = [getattr(r, field) for r in results if r.oracle and getattr(r, field) is not None]
    return int(statistics.median(counts)) if counts else None


def oracles_of(results):
    counts = collections.Counter(r.oracle for r in results if r.oracle)
    return [oracle for oracle, _ in counts.most_common()]


class Row:
    """One mutant under one driver."""

    def __init__(self, mutant, driver, results):
        self.mutant = mutant
        self.driver = driver
        self.results = results
        self.median, self.worst = median_seconds(results)
        self.same_code = False  # a survivor that was found to change nothing
        self.unit_test = None  # of a survivor: the first of the allocator's own tests that fails

    @property
    def caught(self):
        return all(result.oracle for result in self.results)

    @property
    def wrong_oracles(self):
        """Oracles that caught it without being named by its header. A property is named by its test alone, and what an
        exploration comes upon first is not always the cause."""
        if self.driver == "explore":
            return []
        return [oracle for oracle in oracles_of(self.results)
                if not oracle.startswith("property:") and not self.mutant.names(oracle)]

    def cells(self, limit):
        found = sum(1 for result in self.results if result.oracle)
        cells = [self.mutant.name, self.driver, f"{found}/{len(self.results)}",
                 " ".join(oracles_of(self.results)) or "–",
                 grouped(median_count(self.results, "executions")),
                 grouped(median_count(self.results, "operations")),
                 shown_seconds(self.median, limit), shown_seconds(self.worst, limit)]
        return cells + [grouped(median_count(self.results, "program_length"))]

    def as_json(self):
        def finite(seconds):
            return None if seconds == float("inf") else round(seconds, 3)
        return {"mutant": self.mutant.name, "wrong": self.mutant.wrong, "origin": self.mutant.origin,
                "driver": self.driver, "caught": self.caught, "oracles": oracles_of(self.results),
                "wrong_oracles": self.wrong_oracles,
                "cpu_seconds_median": finite(self.median), "cpu_seconds_worst": finite(self.worst),
                "runs": [{"seed": r.seed, "oracle": r.oracle, "cpu_seconds": round(r.cpu_seconds, 3),
                          "executions": r.executions, "operations": r.operations,
                          "program_length": r.program_length} for r in self.results]}


HEADS = ["mutant", "driver", "seeds", "caught by", "executions", "operations", "CPU s, median", "CPU s, worst",
         "program"]
NUMBERS = {*(f"within {seconds} s" for seconds in WITHIN), "seeds", "executions", "operations", "CPU s, median", "CPU s, worst", "program", "caught", "of"}


def table(heads, rows):
    """Markdown, padded so that a person reads it as it is. A column that says nothing is left out."""
    kept = [i for i in range(len(heads)) if i == 0 or any(row[i] != "–" for row in rows)]
    heads = [heads[i] for i in kept]
    rows = [[row[i] for i in kept] for row in rows]
    widths = [max([len(heads[i])] + [len(row[i]) for row in rows]) for i in range(len(heads))]

    def line(cells):
        padded = [cell.rjust(width) if head in NUMBERS else cell.ljust(width)
                  for cell, width, head in zip(cells, widths, heads)]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if head in NUMBERS else "-")
                          for width, head in zip(widths, heads)) + "|"
    return "\n".join([line(heads), rule] + [line(row) for row in rows])


def summary(rows, limit):
    """Caught, and the median and worst over the mutants, driver by driver; then who caught how many."""
    lines = []
    for driver in dict.fromkeys(row.driver for row in rows):
        mine = [row for row in rows if row.driver == driver]
        caught = sum(1 for row in mine if row.caught)
        worst = max(row.worst for row in mine)
        lines.append(f"{driver}: {caught} of {len(mine)} caught in {limit} CPU seconds with every seed; median "
                     f"{shown_seconds(middle(mine), limit)} s, worst {shown_seconds(worst, limit)} s")
        lines.append("  of its runs found " + ", ".join(f"{head} {cell}" for head, cell in shown_within(mine, limit).items())
                     + "; 95 % intervals")
        first = collections.Counter(oracle for row in mine for oracle in oracles_of(row.results)[:1])
        lines.append("  by " + ", ".join(f"{oracle} {count}" for oracle, count in first.most_common()))
    return "\n".join(lines)


def complaints(rows):
    """What makes the command fail, a line each."""
    lines = []
    for row in rows:
        missed = [str(result.seed) for result in row.results if not result.oracle]
        if row.driver == "explore" and row.mutant.unexplored:
            missed = []
        if missed:
            lines.append(f"{row.mutant.name}: survives {row.driver} with seed {', '.join(missed)}")
        for oracle in row.wrong_oracles:
            lines.append(f"{row.mutant.name}: caught by {oracle}, which its header does not name "
                         f"({' | '.join(row.mutant.caught_by)})")
    return lines
