"""Options of IPv4 (RFC 791 §3.1) and TCP (RFC 9293 §3.1): one octet of kind, one of length, data.

Both have two kinds without a length: 0 ends the list (what follows is padding), 1 does nothing. Both lists are read by
`parse`; the tables of kinds are in ipv4.py and tcp.py. A list that lies about a length is kept as it is, up to its end,
in one last `broken` option, so that encoding gives back the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

END, NO_OPERATION = 0, 1


@dataclass(frozen=True, slots=True)
class HeaderOption:
    """An option. Of END, `data` is the padding after it; of a `broken` one, everything after the octet of kind."""

    kind: int
    data: bytes = b""
    broken: bool = False

    def encode(self) -> bytes:
        """The option as bytes."""
        if self.broken or self.kind in (END, NO_OPERATION):
            return bytes([self.kind]) + self.data
        if len(self.data) > 253:
            raise ValueError(f"option {self.kind}: {len(self.data)} bytes do not fit in an octet of length")
        return bytes([self.kind, len(self.data) + 2]) + self.data

    @property
    def size(self) -> int:
        """In bytes, kind and length included."""
        return len(self.encode())


@dataclass(frozen=True, slots=True)
class OptionKind:
    """A line of a table of kinds: names, the sizes of data that are allowed (None: any), how the data is written."""

    name: str
    meaning: str
    sizes: tuple[int, ...] | None
    text: Callable[[bytes], str]


Kinds = Mapping[int, OptionKind]


def hexed(data: bytes) -> str:
    """Data that has no better form: "0a0b0c", shortened."""
    return data.hex() if len(data) <= 12 else f"{data[:11].hex()}…"


COMMON: Kinds = {
    END: OptionKind("End of Options", "nothing but padding follows", None, lambda data: f"and {len(data)} of padding"),
    NO_OPERATION: OptionKind("No-Operation", "does nothing; aligns what follows", None, lambda data: ""),
}


def parse(data: bytes) -> tuple[HeaderOption, ...]:
    """The options in `data`. Never fails: see the module's docstring."""
    options, at = [], 0
    while at < len(data):
        kind = data[at]
        if kind == END:
            options.append(HeaderOption(END, data[at + 1 :]))
            break
        if kind == NO_OPERATION:
            options.append(HeaderOption(NO_OPERATION))
            at += 1
            continue
        length = data[at + 1] if at + 1 < len(data) else 0
        if length < 2 or at + length > len(data):
            options.append(HeaderOption(kind, data[at + 1 :], broken=True))
            break
        options.append(HeaderOption(kind, data[at + 2 : at + length]))
        at += length
    return tuple(options)


def encode(options: Sequence[HeaderOption]) -> bytes:
    """The options as bytes, filled up with zeros to a multiple of four (RFC 9293 §3.1)."""
    data = b"".join(option.encode() for option in options)
    return data + bytes(-len(data) % 4)


def placed(options: Sequence[HeaderOption], start: int) -> list[tuple[int, HeaderOption]]:
    """Each option with the byte at which it begins, the first at `start`."""
    found = []
    for option in options:
        found.append((start, option))
        start += option.size
    return found


def name_of(option: HeaderOption, kinds: Kinds) -> str:
    """What it is called."""
    kind = kinds.get(option.kind)
    return kind.name if kind else f"Option {option.kind}"


def text_of(option: HeaderOption, kinds: Kinds) -> str:
    """Its data for a reader; says so where the length is not one that this kind may have."""
    kind = kinds.get(option.kind)
    if option.broken:
        return f"broken: its length is a lie ({hexed(option.data)})"
    if kind is None:
        return hexed(option.data)
    if kind.sizes is not None and len(option.data) not in kind.sizes:
        return f"{len(option.data) + 2} bytes long, which this option cannot be ({hexed(option.data)})"
    return kind.text(option.data)


def complaints(options: Sequence[HeaderOption], kinds: Kinds) -> list[str]:
    """What is wrong in a list of options, in words."""
    wrong = []
    for option in options:
        kind = kinds.get(option.kind)
        if option.broken or (kind and kind.sizes is not None and len(option.data) not in kind.sizes):
            wrong.append(f"option {name_of(option, kinds)}: {text_of(option, kinds)}")
    return wrong
