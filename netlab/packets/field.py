"""A field of a header: its name, its bits, what it means, and how its number is written.

A header's layout is a table of these, in the order of transmission. The same table parses, encodes, explains and
draws the header, so none of the four can disagree with the others. Bits are numbered as in the RFCs: 0 is the first
one sent, the most significant of the first octet (RFC 791 appendix B).

A field may be there only under a condition: `Field("key", "Key", 32, "…", when=Is("key_present", 1))`. Where it is not
there, its value is None, the fields after it move up, and nobody draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from itertools import groupby
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


class Is:
    """A condition: an earlier field of the header has one of these values."""

    __slots__ = ("name", "values")

    def __init__(self, name: str, *values: Any) -> None:
        self.name = name
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Is) and (self.name, self.values) == (other.name, other.values)

    def __hash__(self) -> int:
        return hash((self.name, self.values))

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it does, for the fields so far."""
        return values[self.name] in self.values


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is the dataclass's attribute, `label` the RFC's words; `names` says what single values stand for."""

    name: str
    label: str
    bits: int
    meaning: str
    form: Form = NUMBER
    names: Mapping[int, str] | None = None
    when: Is | None = None

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


class _Run:
    """Fields in a row that are there under the same condition, or always. They fill whole octets."""

    def __init__(self, when: Is | None, fields: Sequence[Field]) -> None:
        self.when = when
        self.fields = fields
        self.bits = sum(field.bits for field in fields)
        self.size = self.bits // 8
        assert self.bits % 8 == 0, "a header fills whole octets, with and without its conditional fields"

    def unpack(self, data: bytes) -> Iterator[tuple[str, Any]]:
        whole, left = int.from_bytes(data, "big"), self.bits
        for field in self.fields:
            left -= field.bits
            yield field.name, field.form.value(whole >> left & (1 << field.bits) - 1)

    def pack(self, values: Mapping[str, Any]) -> bytes:
        whole = 0
        for field in self.fields:
            value = values[field.name]
            number = 0 if value is None else field.form.number(value)
            if not 0 <= number < 1 << field.bits:
                raise ValueError(f"{field.label}: {value} does not fit in {field.bits} bits")
            whole = whole << field.bits | number
        return whole.to_bytes(self.size, "big")


class Layout:
    """Fields in the order of transmission. `size`: bytes of those that are always there."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self._runs = tuple(_Run(when, tuple(run)) for when, run in groupby(fields, key=lambda field: field.when))
        self.size = sum(run.size for run in self._runs if run.when is None)
        self._always = self._place({}) if all(run.when is None for run in self._runs) else None

    def placed(self, values: Mapping[str, Any]) -> tuple[Placed, ...]:
        """The fields that a header with these values has, each where it stands."""
        return self._always if self._always is not None else self._place(values)

    def _place(self, values: Mapping[str, Any]) -> tuple[Placed, ...]:
        found, at = [], 0
        for run in self._there(values):
            for field in run.fields:
                found.append(Placed(field, at, at + field.bits - 1))
                at += field.bits
        return tuple(found)

    def _there(self, values: Mapping[str, Any]) -> Iterator[_Run]:
        return (run for run in self._runs if run.when is None or run.when.holds(values))

    def size_of(self, values: Mapping[str, Any]) -> int:
        """How many bytes the fields of a header with these values take."""
        return self.size if self._always is not None else sum(run.size for run in self._there(values))

    def unpack(self, data: bytes) -> dict[str, Any]:
        """The value of every field, by name; None where it is not there. Bytes that are missing count as 0."""
        values: dict[str, Any] = {}
        at = 0
        for run in self._runs:
            if run.when is None or run.when.holds(values):
                values |= run.unpack(data[at : at + run.size].ljust(run.size, b"\0"))
                at += run.size
            else:
                values |= dict.fromkeys(field.name for field in run.fields)
        return values

    def pack(self, values: Mapping[str, Any]) -> bytes:
        """The bytes; None, which is "to be filled in", becomes 0. ValueError for what does not fit, or is not there."""
        for run in self._runs:
            if run.when is not None and not run.when.holds(values):
                for field in run.fields:
                    if values[field.name] is not None:
                        raise ValueError(f"{field.label}: there only if {run.when.name} is {run.when.values[0]}")
        return b"".join(run.pack(values) for run in self._there(values))
