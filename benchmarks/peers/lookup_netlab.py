"""The same by netlab.addressing, for the lookups alone: lookup_netlab.py PREFIXES ADDRESSES; PYTHONPATH has netlab.

As there, the clock runs from addresses as text to answers as text.
"""

import sys
import time

from netlab.addressing import bulk, prefix
from netlab.addressing.lookup import Table4


def refuse(line: int, error: Exception) -> None:
    raise SystemExit(f"line {line}: {error}")


with open(sys.argv[1]) as file:
    prefixes = [prefix.parse(line.rstrip("\n")) for line in file]
table = Table4({(one.network, one.length): one.network_text for one in prefixes}, "-")
with open(sys.argv[2], "rb") as binary:
    chunks = list(bulk.chunks(binary))
began = time.perf_counter()
found: list[str] = []
for chunk in chunks:
    found += table.find(bulk.pack(chunk, 1, refuse)[0])
took_s = time.perf_counter() - began
texts = b"".join(chunks).decode().split("\n")
sys.stdout.writelines([f"{text}\t{prefix}\n" for text, prefix in zip(texts, found, strict=False)])
print(took_s, file=sys.stderr)
