"""Which inputs of a corpus cover what, from the control file of libFuzzer's -merge."""

import collections


def features_by_file(text):
    """The features of each input, by its path. A control file is: the number of files, the number in the first folder, the paths,
    then a line 'FT NUMBER FEATURE...' for each file that ran to its end."""
    lines = text.splitlines()
    count = int(lines[0])
    paths = lines[2:2 + count]
    covered = {path: frozenset() for path in paths}
    for line in lines[2 + count:]:
        words = line.split()
        if words and words[0] == "FT":
            covered[paths[int(words[1])]] = frozenset(int(word) for word in words[2:])
    return covered


def without_own(covered):
    """The inputs all of whose features another input has too, sorted."""
    holders = collections.Counter(feature for features in covered.values() for feature in features)
    return sorted(path for path, features in covered.items() if all(holders[feature] > 1 for feature in features))


def superfluous(covered, rank):
    """Inputs that can go together without a feature lost, after which every other has one of its own. Looks first at those that
    `rank` puts first."""
    holders = collections.Counter(feature for features in covered.values() for feature in features)
    gone = []
    for path in sorted(covered, key=rank):
        if all(holders[feature] > 1 for feature in covered[path]):
            holders.subtract(covered[path])
            gone.append(path)
    return gone
