"""Says in plain words what a fuzzing run did: fuzz_summary.py STATS CORPUS FINDINGS STATUS.

STATS is the JSON that a fuzz target writes at its end, STATUS the exit status of the target. The exit status is that of
ci/fuzz: 0 nothing found, 1 a finding, 3 the target did not run.
"""

import json
import pathlib
import sys


def files_below(folder):
    return sum(1 for path in pathlib.Path(folder).rglob("*") if path.is_file())


def main():
    stats_path, corpus, findings, status = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    try:
        stats = json.loads(pathlib.Path(stats_path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"fuzz: the target left no figures in {stats_path}: {error}", file=sys.stderr)
        return 1 if status != 0 else 3
    print()
    print(f"Executions:   {stats['executions']:,} inputs run")
    print(f"Operations:   {stats['operations']:,} calls of malloc, calloc, realloc and free, and commands")
    print(f"States seen:  {stats['states']:,} different (event of the heap, how often) pairs")
    print(f"Findings:     {stats['findings']}" + (f", kept in {findings}" if status != 0 else ""))
    print(f"Corpus:       {files_below(corpus)} inputs in {corpus}; the next run starts from them")
    if status != 0:
        newest = max(pathlib.Path(findings).glob("finding-*.trace"), key=lambda path: path.stat().st_mtime, default=None)
        if newest is not None:
            print(f"To see it again:\n  build/fuzz/bin/poolhammer replay {newest}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
