"""Where a response's body ends, and why: RFC 9112 §6.3 as one function, in the order of the RFC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BodyFraming = Literal["none", "chunked", "length", "close", "upgrade"]

MOST = 2**63 - 1
"""A length above this is refused: no file is longer (off_t), so it is an overflow that waits to happen."""
_DIGITS = re.compile(rb"[0-9]*+")
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
_NOT_OPTIONAL = re.compile(rb"[^ \t]")


@dataclass(frozen=True, slots=True)
class Framing:
    """How the end of the body is found. `length` in bytes for kind "length" (0 for "none"), else None.

    `persists` False: the framing is doubtful, so the connection must not be used again. `notes` are
    (field name, what is odd, source).
    """

    kind: BodyFraming
    length: int | None
    why: str
    source: str
    persists: bool = True
    notes: tuple[tuple[str, str, str], ...] = ()


class FramingFault(Exception):
    """A framing field is wrong: byte `at` of value number `index` of the field called `name`."""

    def __init__(self, name: str, index: int, at: int, what: str, source: str) -> None:
        super().__init__(what)
        self.name, self.index, self.at, self.what, self.source = name, index, at, what, source


_RULE = "RFC 9112 §6.3"
_PLAIN_CHUNKED = Framing("chunked", None, "Transfer-Encoding ends in chunked", f"{_RULE} item 4")
_UNTIL_CLOSE = Framing("close", None, "no length is given: the body ends with the connection", f"{_RULE} item 8", False)
_INTERIM = Framing("none", 0, "an interim response (1xx) has no body", f"{_RULE} item 1")


def framing(
    method: str, status: int, version: tuple[int, int], lengths: Sequence[bytes], codings: Sequence[bytes]
) -> Framing:
    """The framing of the response to `method`, from all its Content-Length and Transfer-Encoding values in order.

    Raises FramingFault.
    """
    # Item 1: no body, whatever the fields say.
    if 100 <= status < 200:
        if status == 101:
            return Framing(
                "upgrade", None, "101 Switching Protocols: what follows is not HTTP", "RFC 9110 §15.2.2", False
            )
        return _INTERIM
    if method == "HEAD" or status in (204, 304):
        why = "the request was HEAD" if method == "HEAD" else f"the status is {status}"
        return Framing("none", 0, f"{why}: no body, whatever the fields say", f"{_RULE} item 1")
    # Item 2: a tunnel.
    if method == "CONNECT" and 200 <= status < 300:
        return Framing("upgrade", None, "a 2xx to CONNECT: what follows is a tunnel", f"{_RULE} item 2", False)
    # Items 3 and 4: Transfer-Encoding wins over Content-Length.
    if codings:
        return _by_coding(version, lengths, codings)
    # Items 5 and 6: one valid Content-Length.
    if lengths:
        return _by_length(lengths)
    # Item 7 is about requests. Item 8: what is left.
    return _UNTIL_CLOSE


def _by_coding(version: tuple[int, int], lengths: Sequence[bytes], values: Sequence[bytes]) -> Framing:
    if len(values) == 1 and values[0].lower() == b"chunked" and not lengths and version >= (1, 1):
        return _PLAIN_CHUNKED
    names = [name for index, value in enumerate(values) for name in _codings(index, value)]
    notes = []
    if lengths:
        notes.append(("Content-Length", "ignored, because there is a Transfer-Encoding", f"{_RULE} item 3"))
    if version < (1, 1):
        notes.append(("Transfer-Encoding", "HTTP/1.0 has no transfer codings: faulty framing", "RFC 9112 §6.1"))
    others = [name for name in names if name != "chunked"]
    if others:
        what = f"{', '.join(others)} was not asked for, and stays on the body"
        notes.append(("Transfer-Encoding", what, "RFC 9112 §7.4"))
    if names[-1:] == ["chunked"]:
        why, persists = "Transfer-Encoding ends in chunked", not lengths and version >= (1, 1)
        return Framing("chunked", None, why, f"{_RULE} item 4", persists, tuple(notes))
    why = "the last transfer coding is not chunked: the body ends with the connection"
    return Framing("close", None, why, f"{_RULE} item 4", False, tuple(notes))


def _codings(index: int, value: bytes) -> list[str]:
    """The codings of one value, lower case, without their parameters. Chunked has no parameters and comes once."""
    found: list[str] = []
    at = 0
    for element in value.split(b","):
        text = element.strip(b" \t")
        start = at + element.find(text) if text else at
        at += len(element) + 1
        if not text:
            continue  # RFC 9110 §5.6.1.2: empty elements of a list are ignored
        token = _TOKEN.match(text)
        if token is None:
            raise FramingFault("transfer-encoding", index, start, "a transfer coding is no token", "RFC 9112 §7")
        rest = text[token.end() :].lstrip(b" \t")
        if rest and not rest.startswith(b";"):
            at_rest = start + len(text) - len(rest)
            raise FramingFault("transfer-encoding", index, at_rest, "a transfer coding is no token", "RFC 9112 §7")
        name = token[0].lower().decode("ascii")
        if name == "chunked" and rest:
            raise FramingFault(
                "transfer-encoding", index, start + token.end(), "chunked has no parameters", "RFC 9112 §7.1"
            )
        if name == "chunked" and "chunked" in found:
            raise FramingFault("transfer-encoding", index, start, "chunked twice", "RFC 9112 §6.1")
        found.append(name)
    return found


def _by_length(values: Sequence[bytes]) -> Framing:
    if len(values) == 1 and len(values[0]) < 16 and values[0].isdigit():
        return Framing("length", int(values[0]), "Content-Length", f"{_RULE} item 6")
    first: int | None = None
    count = 0
    for index, value in enumerate(values):
        at = 0
        for element in value.split(b","):
            number = _number(index, at, element)
            at += len(element) + 1
            count += 1
            if first is None:
                first = number
            elif number != first:
                start = at - len(element) - 1 + _skip(element)
                what = f"a second Content-Length, {number}, differs from the first, {first}"
                raise FramingFault("content-length", index, start, what, f"{_RULE} item 5")
    notes = () if count == 1 else (("Content-Length", f"said {count} times, each time the same", f"{_RULE} item 5"),)
    return Framing("length", first, "Content-Length", f"{_RULE} item 6", True, notes)


def _skip(element: bytes) -> int:
    found = _NOT_OPTIONAL.search(element)
    return found.start() if found else len(element)


def _number(index: int, at: int, element: bytes) -> int:
    """1*DIGIT between optional white space; nothing that int() would allow beyond that (a sign, _, 0x, ٣)."""
    start = _skip(element)
    digits = _DIGITS.match(element, start)
    assert digits is not None
    end = digits.end()
    if end == start or element[end:].strip(b" \t"):
        what = "Content-Length is no number (only the digits 0 to 9)"
        raise FramingFault("content-length", index, at + end, what, "RFC 9112 §6.3 item 5, RFC 9110 §8.6")
    significant = digits[0].lstrip(b"0")
    if len(significant) > 19 or int(significant or b"0") > MOST:
        raise FramingFault("content-length", index, at + start, "Content-Length above 2^63-1", "RFC 9110 §8.6")
    return int(significant or b"0")
