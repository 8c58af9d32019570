"""Says in plain words what a fuzzing run did: fuzz_summary.py STATS CORPUS FINDINGS STATUS INTERRUPTED.

STATS is the JSON that a fuzz target writes at its end, STATUS the exit status of the target, INTERRUPTED the one by which it says that
somebody had seen enough. The exit status is that of ci/fuzz: 0 nothing found, 1 a finding, 3 the target did not run, or what it found did
not fit the disk.
"""

import json
import pathlib
import sys


sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from night import corpora, files  # noqa: E402, its place is known only now


def remove_torn(folder):
    """Inputs that a full disk cut: libFuzzer says nothing, and would start from them the next time. How many."""
    torn = [path for path in files.files_of(folder) if not corpora.is_whole(path)]
    for path in torn:
        path.unlink(missing_ok=True)
    return len(torn)


def files_below(folder):
    return sum(1 for path in pathlib.Path(folder).rglob("*") if path.is_file())


def main():
    stats_path, corpus, findings, status, interrupted = *sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])
    torn = remove_torn(corpus)
    if torn:
        print(f"fuzz: {torn} new inputs could not be written whole to {corpus}, and are gone: is the disk full?", file=sys.stderr)
    try:
        stats = json.loads(pathlib.Path(stats_path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"fuzz: the target left no figures in {stats_path}: {error}", file=sys.stderr)
        return 1 if status != 0 else 3
    found = status not in (0, interrupted)
    print()
    print(f"Executions:   {stats['executions']:,} inputs run")
    print(f"Operations:   {stats['operations']:,} calls of malloc, calloc, realloc and free, and commands")
    print(f"States seen:  {stats['states']:,} different (event of the heap, how often) pairs")
    print(f"Findings:     {stats['findings']}" + (f", kept in {findings}" if found else ""))
    print(f"Corpus:       {files_below(corpus)} inputs in {corpus}; the next run starts from them")
    if found:
        newest = max(pathlib.Path(findings).glob("finding-*.trace"), key=lambda path: path.stat().st_mtime, default=None)
        if newest is not None:
            print(f"To see it again:\n  build/fuzz/bin/poolhammer replay {newest}")
        return 1
    return 3 if torn else 0


if __name__ == "__main__":
    sys.exit(main())
