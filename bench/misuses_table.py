"""misuses_table.py FILE...: the table of bench/misuses, in Markdown, from what bench_misuses printed."""
import sys

WAYS = [("bytes", "layer, by bytes"), ("registry", "layer"), ("quarantine", "layer, quarantine"),
        ("asan", "AddressSanitizer"), ("malloc", "glibc")]
NAMES_NOTHING = ("asan", "malloc")  # judged by the abnormal end alone


def cell(way, counts):
    if counts is None:
        return "-"
    seen, kind, byte, total = counts
    if way in NAMES_NOTHING or seen == 0:
        return f"{seen}/{total}"
    return f"{seen}/{total} {kind} {byte}"


def main():
    rows = {}
    for file in sys.argv[1:]:
        for line in open(file, encoding="utf-8"):
            name, way, *counts = line.rstrip("\n").split("\t")
            rows.setdefault(name, {})[way] = [int(count) for count in counts]
    if not rows:
        sys.exit("misuses_table.py: no lines to make a table of")
    print("| misuse | " + " | ".join(title for _, title in WAYS) + " |")
    print("|---|" + "--:|" * len(WAYS))
    for name, by_way in rows.items():
        print(f"| {name} | " + " | ".join(cell(way, by_way.get(way)) for way, _ in WAYS) + " |")


if __name__ == "__main__":
    main()
