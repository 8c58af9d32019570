"""Reads `llvm-cov show -show-branches=count` on standard input; prints every line that was never run, and every branch that
never went one way in any instantiation of its template."""
import re
import sys

BRANCH = re.compile(r"Branch \((\d+):(\d+)\): \[True: ([\d.]+[kMG]?), False: ([\d.]+[kMG]?)\]")
LINE = re.compile(r" *(\d+)\| *([\d.]+[kMG]?)\|(.*)")

file = ""
source, branches, lines = {}, {}, {}
for text in sys.stdin:
    text = text.rstrip("\n")
    name = re.match(r"(\S*allocator/\S+):$", text)
    if name:
        file = name[1][name[1].rindex("allocator/"):]
    elif found := LINE.match(text):
        place = (file, int(found[1]))
        source[place] = found[3].strip()
        lines[place] = max(lines.get(place, False), found[2] != "0")
    elif found := BRANCH.search(text):
        place = (file, int(found[1]), int(found[2]))
        true, false = branches.get(place, (False, False))
        branches[place] = (true or found[3] != "0", false or found[4] != "0")

for (name, number), run in sorted(lines.items()):
    if not run:
        print(f"{name}:{number}: never run: {source[name, number]}")
for (name, number, column), (true, false) in sorted(branches.items()):
    if true == false:  # taken both ways, or in code that the line above tells of
        continue
    print(f"{name}:{number}:{column}: never {'false' if true else 'true'}: {source.get((name, number), '')}")
