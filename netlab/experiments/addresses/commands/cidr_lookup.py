"""`netlab cidr lookup`: longest match of many addresses in many prefixes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Annotated

import typer

from netlab.addressing import bulk, ipv4
from netlab.addressing.lookup import Table4, Table6
from netlab.addressing.mistakes import AddressError
from netlab.addressing.prefix import Prefix
from netlab.cli.help import examples
from netlab.errors import UsageError
from netlab.experiments.addresses.commands.lines import JsonLines, Lines, Strict, numbered, opened, packed

_MISSING = "\t-\n"


@examples("netlab cidr lookup routes.txt addresses.txt", "netlab cidr lookup 10.0.0.0/8 - --json < addresses.txt")
def lookup(
    prefixes: Annotated[str, typer.Argument(metavar="PREFIXES", help="File with a prefix a line, or one prefix.")],
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
        four, six = _tables(prefixes, lines)
        for given, file, name in opened(addresses):
            if given is not None:
                if given.length != given.width:
                    raise _no_address(given)
                found = (four if given.version == 4 else six).find(bulk.packed(given))
                _write(lines, as_json, [given.text_of(given.value)], found)
                continue
            for chunk, line in numbered(file):
                _chunk(lines, as_json, four, six, chunk, line, lines.bad(name))


def _tables(source: str, lines: Lines) -> tuple[Table4, Table6]:
    """A table for each version. The answers are the rest of the line: a tab and the network's canonical text."""
    four, six = bytearray(), bytearray()
    for some4, some6 in packed([source], lines):
        four += some4
        six += some6
    answers4: dict[tuple[int, int], str] = {}
    pairs: Iterator[tuple[int, int]] = struct.iter_unpack(">IB", four)
    for value, length in pairs:
        first = value >> 32 - length << 32 - length
        answers4[first, length] = f"\t{ipv4.to_text(first)}/{length}\n"
    answers6 = {(one.network, one.length): f"\t{one.network_text}\n" for one in bulk.unpacked(6, bytes(six))}
    return Table4(answers4, _MISSING), Table6(answers6, _MISSING)


def _chunk(
    lines: Lines, as_json: bool, four: Table4, six: Table6, chunk: bytes, line: int, report: bulk.Report
) -> None:
    """Answer for a chunk of lines: all of them at once where all are IPv4 addresses, or all are IPv6."""
    some4, some6 = bulk.pack(chunk, line, _ignore)
    count = chunk.count(b"\n")
    texts = chunk.decode("utf-8", "backslashreplace").split("\n")
    texts.pop()
    if some4[4 :: bulk.SIZE4] == b"\x20" * count:  # as many as lines, and all of them /32
        _write(lines, as_json, texts, four.find(some4))
    elif some6[16 :: bulk.SIZE6] == b"\x80" * count:
        _write(lines, as_json, texts, six.find(some6))
    else:
        for where, one in bulk.each(chunk, line, report):
            if one.length != one.width:
                report(where, _no_address(one))
                continue
            found = (four if one.version == 4 else six).find(bulk.packed(one))
            _write(lines, as_json, [one.text_of(one.value)], found)


def _no_address(one: Prefix) -> AddressError:
    return AddressError(str(one), 0, "a prefix where an address is wanted", one.text_of(one.value))


def _ignore(line: int, error: Exception) -> None:
    """A chunk with a bad line is read again in order, and it is reported then."""


def _write(lines: Lines, as_json: bool, addresses: list[str], answers: list[str]) -> None:
    if as_json:
        for address, answer in zip(addresses, answers, strict=True):
            lines.row({"address": address.strip(), "prefix": None if answer == _MISSING else answer.strip()}, "")
        return
    pieces = addresses + answers  # of the right length, then filled in turns
    pieces[0::2], pieces[1::2] = addresses, answers
    lines.many("".join(pieces))
