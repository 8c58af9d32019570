"""Names for files and folders that a shell takes as one word. libFuzzer starts the inner process of a merge by a shell, and quotes nothing."""

import pathlib
import re
import shutil
import tempfile

UNSAFE = re.compile(r"[^A-Za-z0-9_@%+=:,./-]")
FLAG = re.compile(r"-[a-z_]+=")


class PlainPaths:
    """Links to what has a blank or the like in its path, in a folder that has none. They are gone when the context ends."""

    def __enter__(self):
        rooms = [tempfile.gettempdir(), "/tmp", "/var/tmp"]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="poolhammer-links-", dir=next(room for room in rooms if not UNSAFE.search(room))))
        self.links = {}
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, path):
        """The path itself, or a link that leads there."""
        if not UNSAFE.search(str(path)):
            return str(path)
        target = pathlib.Path(path).absolute()
        if target not in self.links:
            self.links[target] = self.folder / str(len(self.links))
            self.links[target].symlink_to(target)
        return str(self.links[target]) + ("/" if str(path).endswith("/") else "")

    def word(self, word):
        """A word of a command line, where all that needs it is a path, by itself or behind a flag."""
        flag = FLAG.match(str(word))
        begin = flag[0] if flag else ""
        return begin + self.path(str(word)[len(begin):])

    def back(self, path):
        """What a path that was reached by a link is called without it."""
        for target, link in self.links.items():
            if pathlib.Path(path).is_relative_to(link):
                return str(target / pathlib.Path(path).relative_to(link))
        return path
