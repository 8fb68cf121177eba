"""Longest match by pytricia, an address a line: lookup_pytricia.py PREFIXES ADDRESSES.

The last line on stderr is how long the lookups alone took, from a list of texts to a list of answers, in seconds.
"""

import sys
import time

import pytricia

tree = pytricia.PyTricia(32)
with open(sys.argv[1]) as file:
    for line in file:
        prefix = line.rstrip("\n")
        tree[prefix] = prefix
with open(sys.argv[2]) as file:
    addresses = file.read().split("\n")[:-1]
began = time.perf_counter()
get = tree.get
found = [get(address, "-") for address in addresses]
took_s = time.perf_counter() - began
sys.stdout.writelines([f"{address}\t{prefix}\n" for address, prefix in zip(addresses, found, strict=True)])
print(took_s, file=sys.stderr)
