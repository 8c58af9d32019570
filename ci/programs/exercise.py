"""A little of much: what the interpreter and its C modules allocate."""

import ast
import collections
import csv
import decimal
import fractions
import hashlib
import io
import json
import pickle
import re
import struct
import subprocess
import textwrap
import threading
import xml.etree.ElementTree as tree
import zlib

rows = [{"number": i, "name": f"name {i}" * (i % 9), "parts": [i / 3, None, {"deep": [i] * (i % 5)}]} for i in range(4000)]
text = json.dumps(rows)
assert json.loads(text) == rows
assert pickle.loads(pickle.dumps(rows)) == rows
print("json", len(text), hashlib.sha256(text.encode()).hexdigest())
print("re", collections.Counter(re.findall(r"[a-z]+ (\d)\d*", text)).most_common(5))

decimal.getcontext().prec = 200
print("decimal", sum(decimal.Decimal(i).sqrt() for i in range(1, 400)))
print("fractions", sum(fractions.Fraction(1, i) for i in range(1, 300)))
print("int", pow(3, 20000) % (10**50))

out = io.StringIO()
writer = csv.writer(out)
writer.writerows((row["number"], row["name"]) for row in rows)
assert len(list(csv.reader(io.StringIO(out.getvalue())))) == len(rows)
packed = zlib.compress(out.getvalue().encode(), 9)
print("zlib", len(packed), zlib.crc32(zlib.decompress(packed)))

root = tree.Element("root")
for row in rows[:1000]:
    tree.SubElement(root, "row", number=str(row["number"])).text = row["name"]
print("xml", len(tree.fromstring(tree.tostring(root))), len(ast.dump(ast.parse(textwrap.dedent(open(__file__).read())))))
print("struct", sum(struct.unpack("<4000I", struct.pack("<4000I", *range(4000)))))

sums = [0] * 4


def work(place: int) -> None:
    words = sorted(str(i * 7919 % 100003) for i in range(20000))
    sums[place] = len(set(words)) + len("".join(words))


threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("threads", sums)
print("child", subprocess.run(["/bin/echo", "hello"], capture_output=True, check=True).stdout)
