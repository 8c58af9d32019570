"""Cuts binary traces into windows that a fuzzer can use as seeds: trace_windows.py FOLDER TRACE...

Every window is a trace of its own: a free or realloc of a block from before the window acts on an empty slot, which every
trace may do. Windows are taken evenly over each trace, once for each layout, with slots numbered from 0.
"""

import pathlib
import struct
import sys

OPERATIONS = 400  # in a window
WINDOWS = 8  # of each trace, at most
LAYOUTS = ("classic", "aligned16", "modern", "tiny")
HEADER, RECORD = 16, 16


def renumbered(records):
    slots, out = {}, bytearray()
    for (word,), rest in ((struct.unpack("<I", r[:4]), r[4:]) for r in records):
        kind, slot = word & 0xFF, word >> 8
        if kind <= 3:
            slot = slots.setdefault(slot, len(slots))
        out += struct.pack("<I", kind | slot << 8) + rest
    return bytes(out)


def main():
    folder = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:]:
        path = pathlib.Path(name)
        data = path.read_bytes()
        count = (len(data) - HEADER) // RECORD
        step = max(OPERATIONS, count // WINDOWS)
        for number, start in enumerate(range(0, max(1, count - OPERATIONS), step)):
            body = data[HEADER + start * RECORD : HEADER + (start + OPERATIONS) * RECORD]
            body = renumbered([body[i : i + RECORD] for i in range(0, len(body), RECORD)])
            layout = number % len(LAYOUTS)
            header = data[:5] + bytes([layout, 0, 0]) + struct.pack("<Q", len(body) // RECORD)
            program = path.stem.replace(".", "-")
            (folder / f"recorded-{program}-{LAYOUTS[layout]}-from-{start}.trace").write_bytes(header + body)


if __name__ == "__main__":
    main()
