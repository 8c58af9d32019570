"""Which fuzz targets a change touches, as the build system knows it."""

import pathlib
import subprocess

# Files that say how everything is built.
BUILD_FILES = ("CMakeLists.txt", "CMakePresets.json", "cmake/", "fuzz/CMakeLists.txt", "allocator/CMakeLists.txt", "harness/CMakeLists.txt",
               "fuzz/instrumented.txt", "fuzz/uninstrumented.txt")


def objects(text):
    """What each object was made of, by the answer of `ninja -t deps`: a line for the object, its files indented below."""
    found, current = {}, None
    for line in text.splitlines():
        if not line.strip():
            current = None
        elif line[0] != " ":
            current = found.setdefault(line.partition(": #deps")[0], set())
        elif current is not None:
            current.add(line.strip())
    return found


def sources(inputs, made_of, root):
    """The project's files that a target is made of: its inputs, and what the objects of these include. As names below `root`."""
    inputs = set(inputs)
    files = set(inputs)
    for name, its in made_of.items():
        if not name.startswith("mutants/") and any(path in inputs for path in its if path.endswith((".cpp", ".c"))):
            files |= its
    return {str(pathlib.Path(path).relative_to(root)) for path in files if pathlib.Path(path).is_relative_to(root)}


def touched(changed, by_target):
    """Each target that a change touches, and the first file by which."""
    found = {}
    for target, its in by_target.items():
        own = (f"fuzz/fuzz_{target}.dict", f"corpus/{target}/")
        for path in sorted(changed):
            if path in its or path.startswith(own) or any(path == one or (one.endswith("/") and path.startswith(one)) for one in BUILD_FILES):
                found[target] = path
                break
    return found


def ask(root, *words):
    return subprocess.run(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def by_target(root, folder, targets):
    """What each target is made of, from its build in `folder`."""
    made_of = objects(ask(root, "ninja", "-C", folder, "-t", "deps").stdout)
    return {target: sources(ask(root, "ninja", "-C", folder, "-t", "inputs", f"fuzz_{target}").stdout.splitlines(), made_of, root)
            for target in targets}


def changes(root, base):
    """The files that differ from where this line of work left `base`, those that are not committed too. None where there is no such base."""
    parting = ask(root, "git", "merge-base", base, "HEAD")
    if parting.returncode != 0:
        return None
    tracked = ask(root, "git", "diff", "--name-only", parting.stdout.strip()).stdout.splitlines()
    return set(tracked) | set(ask(root, "git", "ls-files", "--others", "--exclude-standard").stdout.splitlines())
