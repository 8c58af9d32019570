"""The explanations of gaps in the coverage. A place is named by its text, so that edits elsewhere leave it be."""

import dataclasses
import json

FIELDS = {"file", "in", "source", "side", "condition", "why"}


class BadExplanation(ValueError):
    """An explanation that cannot be read, or matches no gap, or more than one; its text says which in one line."""


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Why one gap is there. `within` is part of a line that encloses it, `condition` how the branch's text begins."""
    file: str
    source: str
    side: str
    why: str
    within: str = ""
    condition: str = ""

    def explains(self, gap):
        return (gap.file == self.file and gap.source == self.source and gap.side == self.side
                and gap.condition.startswith(self.condition)
                and (not self.within or any(self.within in head for head in gap.enclosing)))

    def __str__(self):
        return f"{self.file}: {self.side}: {self.source}"


def parse(text):
    """Explanations from JSON: a list of objects with file, source (a line's text, or a list of them), why, and where
    needed side ("line" unless it says "true" or "false"), in, condition."""
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise BadExplanation(f"expected JSON: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadExplanation("expected a list of objects")
    found = []
    for number, entry in enumerate(entries, 1):
        if unknown := set(entry) - FIELDS:
            raise BadExplanation(f"entry {number}: unknown field '{min(unknown)}'")
        if lacking := {"file", "source", "why"} - {key for key, value in entry.items() if value}:
            raise BadExplanation(f"entry {number}: no '{min(lacking)}'")
        side = entry.get("side", "line")
        if side not in ("line", "true", "false"):
            raise BadExplanation(f"entry {number}: expected a side of line, true or false, found '{side}'")
        sources = entry["source"] if isinstance(entry["source"], list) else [entry["source"]]
        found += [Explanation(entry["file"], source, side, entry["why"], entry.get("in", ""), entry.get("condition", ""))
                  for source in sources]
    return found


def match(explanations, gaps):
    """Gaps to their explanations. Raises BadExplanation for those that match no gap, or several."""
    explained, wrong = {}, []
    for explanation in explanations:
        matched = [gap for gap in gaps if explanation.explains(gap)]
        if len(matched) != 1:
            wrong.append(f"{explanation}: " + ("matches no gap: covered by now, or its text changed" if not matched else
                                               f"matches {len(matched)} gaps: say 'in' or 'condition'"))
        elif matched[0] in explained:
            wrong.append(f"{explanation}: explained twice")
        else:
            explained[matched[0]] = explanation
    if wrong:
        raise BadExplanation("\n".join(wrong))
    return explained
