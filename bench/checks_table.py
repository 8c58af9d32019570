"""checks_table.py RESULT.json POOLHAMMER N: the tables of bench/checks, in Markdown."""
import json
import resource
import statistics
import subprocess
import sys

ORACLES = ["none", "shadow", "local", "model", "all"]


def pairs(file):
    """(layout, oracle, live blocks) -> median CPU nanoseconds of a free and a malloc."""
    times = {}
    for row in json.load(open(file, encoding="utf-8"))["benchmarks"]:
        if row.get("aggregate_name") != "median":
            continue
        _, layout, oracle, live = row["run_name"].split("/")[:4]
        times[layout, oracle, int(live)] = row["cpu_time"]
    return times


def whole_programs(poolhammer, oracle, repetitions):
    """Median CPU seconds of two million operations of random programs on all layouts, at the default schedule."""
    seconds = []
    for _ in range(repetitions):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([poolhammer, "run", "--operations", "2000000", "--seed", "1", "--oracles", oracle],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(seconds)


def main():
    file, poolhammer, repetitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
    times = pairs(file)
    print("| layout | live blocks | none, ns | shadow | local | model | all | the checks alone, ns |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for layout in dict.fromkeys(key[0] for key in times):
        for live in sorted({key[2] for key in times}):
            plain = times[layout, "none", live]
            ratios = " | ".join(f"{times[layout, oracle, live] / plain:.2f}" for oracle in ORACLES[1:])
            checks = times[layout, "all", live] - plain
            print(f"| {layout} | {live} | {plain:.0f} | {ratios} | {checks:.0f} |")
    print()
    print("| random programs, all layouts | none, s | shadow | local | model | invariants | all |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    plain = whole_programs(poolhammer, "none", repetitions)
    ratios = " | ".join(f"{whole_programs(poolhammer, oracle, repetitions) / plain:.2f}"
                        for oracle in ["shadow", "local", "model", "invariants", "all"])
    print(f"| 2 000 000 operations | {plain:.2f} | {ratios} |")


if __name__ == "__main__":
    main()
