"""Make netlab/addressing/oui.bin from the IEEE's public listings: python tools/build_oui.py FOLDER YYYY-MM-DD

FOLDER has oui.csv (MA-L), mam.csv (MA-M), oui36.csv (MA-S) and iab.csv, as in Debian's package ieee-data
(apt-get download ieee-data; dpkg-deb -x). The IEEE claims no copyright in the listings and does not restrict
their distribution; the date is that of the package. Only assignments and names are kept, no postal addresses.

The file, all numbers big-endian: 8 B "netlaboui", cut at 8; then 10 B of date, YYYY-MM-DD 4 B how many names,
3 × 4 B how many assignments of 24, 28 and 36 bits 3, 4, 5 B of key and 3 B of name number each, sorted by
key: the three tables one after the other 4 B × (names + 1) where each name begins in the text; then the text,
UTF-8, names sorted without regard to case
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

MAGIC = b"netlabou"
FILES = (("oui.csv", 24), ("mam.csv", 28), ("oui36.csv", 36), ("iab.csv", 36))
TARGET = Path(__file__).resolve().parent.parent / "netlab" / "addressing" / "oui.bin"


def read(folder: Path) -> dict[int, dict[int, str]]:
    """Assignment width -> assignment -> name. Where a listing has a number twice, the first name stays."""
    tables: dict[int, dict[int, str]] = {24: {}, 28: {}, 36: {}}
    for name, width in FILES:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                owner = " ".join(row["Organization Name"].split())
                tables[width].setdefault(int(row["Assignment"], 16), owner)
    return tables


def build(tables: dict[int, dict[int, str]], date: str) -> bytes:
    """The bytes of the file."""
    names = sorted({name for table in tables.values() for name in table.values()}, key=lambda n: (n.casefold(), n))
    number_of = {name: number for number, name in enumerate(names)}
    texts = [name.encode() for name in names]
    parts = [MAGIC, date.encode("ascii"), len(names).to_bytes(4, "big")]
    parts += [len(table).to_bytes(4, "big") for table in tables.values()]
    for width, table in tables.items():
        size = -(-width // 8)
        parts += [key.to_bytes(size, "big") + number_of[table[key]].to_bytes(3, "big") for key in sorted(table)]
    at = 0
    for text in texts:
        parts.append(at.to_bytes(4, "big"))
        at += len(text)
    return b"".join([*parts, at.to_bytes(4, "big"), *texts])


def main() -> int:
    if len(sys.argv) != 3 or len(sys.argv[2]) != 10:
        print(__doc__, file=sys.stderr)
        return 2
    tables = read(Path(sys.argv[1]))
    TARGET.write_bytes(build(tables, sys.argv[2]))
    print({width: len(table) for width, table in tables.items()}, TARGET.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
