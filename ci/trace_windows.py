"""Cuts binary traces into windows that a fuzzer can use as seeds: trace_windows.py FOLDER LAYOUT,... TRACE...

Every window is a trace of its own: a free or realloc of a block from before the window acts on an empty slot, which every
trace may do. Windows are taken evenly over each trace, once for each layout, which are named by their numbers, with slots numbered from 0.
"""

import pathlib
import struct
import sys

OPERATIONS = 400  # in a window
WINDOWS = 8  # of each trace, at most
HEADER, RECORD = 16, 32  # bytes, see docs/trace-format.md
LAST_WITH_SLOT = 33  # the kinds up to this one have a slot


def renumbered(records):
    slots, out = {}, bytearray()
    for record in records:
        kind, thread, slot = struct.unpack("<BBxxI", record[:8])
        if kind <= LAST_WITH_SLOT:
            slot = slots.setdefault(slot, len(slots))
        out += struct.pack("<BBxxI", kind, thread, slot) + record[8:]
    return bytes(out)


def main():
    folder = pathlib.Path(sys.argv[1])
    layouts = sys.argv[2].split(",")
    for name in sys.argv[3:]:
        path = pathlib.Path(name)
        data = path.read_bytes()
        count = (len(data) - HEADER) // RECORD
        step = max(OPERATIONS, count // WINDOWS)
        for number, start in enumerate(range(0, max(1, count - OPERATIONS), step)):
            body = data[HEADER + start * RECORD : HEADER + (start + OPERATIONS) * RECORD]
            body = renumbered([body[i : i + RECORD] for i in range(0, len(body), RECORD)])
            layout = number % len(layouts)
            header = data[:5] + bytes([layout, 0, 0]) + struct.pack("<Q", len(body) // RECORD)
            program = path.stem.replace(".", "-")
            (folder / f"recorded-{program}-{layouts[layout]}-from-{start}.trace").write_bytes(header + body)


if __name__ == "__main__":
    main()
