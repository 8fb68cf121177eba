"""`netlab cidr lookup`: longest match of many addresses in many prefixes."""

from __future__ import annotations

import sys
from array import array
from typing import Annotated

import typer

from netlab.addressing import bulk
from netlab.addressing.lookup import Table
from netlab.cli.help import examples
from netlab.cli.lines import JsonLines, Lines, Strict, numbered, opened, packed
from netlab.errors import UsageError


@examples(
    "netlab cidr lookup routes.txt addresses.txt", "netlab cidr lookup 10.0.0.0/8 - --json < addresses.txt"
)
def lookup(
    prefixes: Annotated[
        str, typer.Argument(metavar="PREFIXES", help="File with a prefix a line, or one prefix.")
    ],
    addresses: Annotated[
        list[str] | None, typer.Argument(metavar="[ADDRESSES...]", help="Files, or addresses; default stdin.")
    ] = None,
    strict: Strict = False,
    as_json: JsonLines = False,
) -> None:
    """Print each address, a tab, and the longest prefix that has it, or '-'."""
    if prefixes == "-" and (not addresses or "-" in addresses):
        raise UsageError("stdin cannot be both the prefixes and the addresses")
    with Lines("cidr lookup", as_json, strict) as lines:
        tables = _tables(prefixes, lines)
        for given, file, name in opened(addresses):
            if given is not None:
                text = given.text_of(given.value)
                _write(lines, as_json, [text], tables[given.version].find([given.value]))
                continue
            for chunk, line in numbered(file):
                _chunk(lines, as_json, tables, chunk, line, lines.bad(name))


def _tables(source: str, lines: Lines) -> dict[int, Table]:
    """A table for each version. The answers are canonical texts of the networks."""
    data = {4: bytearray(), 6: bytearray()}
    for four, six in packed([source], lines):
        data[4] += four
        data[6] += six
    tables = {}
    for version, width in ((4, 32), (6, 128)):
        found = [
            (one.network, one.length, one.network_text)
            for one in bulk.unpacked(version, bytes(data[version]))
        ]
        tables[version] = Table([one[:2] for one in found], [one[2] for one in found], width)
    return tables


def _chunk(
    lines: Lines, as_json: bool, tables: dict[int, Table], chunk: bytes, line: int, report: bulk.Report
) -> None:
    """Answer for a chunk of lines: all of them at once where all are IPv4 addresses, or all are IPv6."""
    four, six = bulk.pack(chunk, line, _ignore)
    count = chunk.count(b"\n")
    texts = chunk.decode("utf-8", "backslashreplace").split("\n")
    texts.pop()
    if len(four) == count * bulk.SIZE4:
        _write(lines, as_json, texts, tables[4].find(_numbers4(four)))
    elif len(six) == count * bulk.SIZE6:
        number = int.from_bytes
        values = [number(six[at : at + 16], "big") for at in range(0, len(six), bulk.SIZE6)]
        _write(lines, as_json, texts, tables[6].find(values))
    else:
        for _, found in bulk.each(chunk, line, report):
            _write(lines, as_json, [found.text_of(found.value)], tables[found.version].find([found.value]))


def _ignore(line: int, error: Exception) -> None:
    """A chunk with a bad line is read again in order, and it is reported then."""


def _numbers4(four: bytes) -> array[int]:
    """The addresses of packed IPv4 as numbers."""
    words = bytearray(len(four) // bulk.SIZE4 * 4)
    for at in range(4):
        words[at::4] = four[at :: bulk.SIZE4]
    numbers = array("I", bytes(words))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _write(lines: Lines, as_json: bool, addresses: list[str], answers: list[str]) -> None:
    if as_json:
        for address, answer in zip(addresses, answers, strict=True):
            lines.row({"address": address.strip(), "prefix": None if answer == "-" else answer}, "")
    else:
        lines.many(
            "".join([f"{address}\t{answer}\n" for address, answer in zip(addresses, answers, strict=True)])
        )
