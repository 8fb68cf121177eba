"""A field of a header: its name, its bits, what it means, and how its number is written.

A header's layout is a table of these, in the order of transmission. The same table parses, encodes, explains and
draws the header, so none of the four can disagree with the others. Bits are numbered as in the RFCs: 0 is the first
one sent, the most significant of the first octet (RFC 791 appendix B).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from itertools import accumulate
from typing import Any


@dataclass(frozen=True, slots=True)
class Form:
    """How a field's bits become the value in a dataclass, and back; and how that value is written for a reader."""

    value: Callable[[int], Any]
    number: Callable[[Any], int]
    text: Callable[[Any], str]


def _mac_text(number: int) -> str:
    return ":".join(f"{octet:02x}" for octet in number.to_bytes(6, "big"))


def _mac_number(text: str) -> int:
    octets = text.split(":")
    if len(octets) != 6:
        raise ValueError(f"'{text}' is not six octets")
    return int.from_bytes(bytes(int(octet, 16) for octet in octets), "big")


NUMBER = Form(int, int, lambda value: f"{value}")
HEX = Form(int, int, lambda value: f"0x{value:x}")
MAC = Form(_mac_text, _mac_number, str)
IPV4 = Form(lambda number: str(IPv4Address(number)), lambda text: int(IPv4Address(text)), str)
IPV6 = Form(lambda number: str(IPv6Address(number)), lambda text: int(IPv6Address(text)), str)


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is the dataclass's attribute, `label` the RFC's words; `names` says what single values stand for."""

    name: str
    label: str
    bits: int
    meaning: str
    form: Form = NUMBER
    names: Mapping[int, str] | None = None

    def text(self, value: Any) -> str:
        """The value for a reader: "6 (TCP)", "0x1c46", "10.0.0.1"."""
        name = (self.names or {}).get(value) if isinstance(value, int) else None
        return f"{self.form.text(value)} ({name})" if name else self.form.text(value)


@dataclass(frozen=True, slots=True)
class Placed:
    """A field where it stands: bits [`first`, `last`] of its header, both included, as the RFCs count."""

    field: Field
    first: int
    last: int


class Layout:
    """Fields in the order of transmission; they fill whole octets."""

    def __init__(self, *fields: Field) -> None:
        ends = list(accumulate(field.bits for field in fields))
        self.fields = fields
        self.bits = ends[-1]
        self.size = self.bits // 8
        self.placed = tuple(Placed(field, end - field.bits, end - 1) for field, end in zip(fields, ends, strict=True))
        assert self.bits % 8 == 0, "a header fills whole octets"

    def unpack(self, data: bytes) -> dict[str, Any]:
        """The value of every field, by name. `data` must have `size` bytes or more."""
        whole = int.from_bytes(data[: self.size], "big")
        return {
            at.field.name: at.field.form.value(whole >> self.bits - 1 - at.last & (1 << at.field.bits) - 1)
            for at in self.placed
        }

    def pack(self, values: Mapping[str, Any]) -> bytes:
        """The bytes; None, which is "to be filled in", becomes 0. Raises ValueError for what does not fit."""
        whole = 0
        for field in self.fields:
            value = values[field.name]
            number = 0 if value is None else field.form.number(value)
            if not 0 <= number < 1 << field.bits:
                raise ValueError(f"{field.label}: {value} does not fit in {field.bits} bits")
            whole = whole << field.bits | number
        return whole.to_bytes(self.size, "big")
