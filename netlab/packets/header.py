"""What every header has in common: a table of fields, parsing, encoding, and what it says about what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

from netlab.packets.field import Layout
from netlab.packets.header_option import HeaderOption, Kinds


class StopError(ValueError):
    """A header that cannot be read any further: `at` is the byte of it where that begins, `why` says what is wrong."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


@dataclass(frozen=True, slots=True)
class Next:
    """Which header follows: `number` in the registry called `table` ("ethertype", "ip", "port", "quoted")."""

    table: str
    number: int


@dataclass(frozen=True, slots=True)
class Covers:
    """A checksum over the header and all that it carries. `pseudo`: and over the addresses of the IP header below it,
    with this protocol number (RFC 9293 §3.1); None: over nothing else."""

    pseudo: int | None = None


def numbers(**tables: int) -> Mapping[str, int]:
    """A header's number in each registry that has it: numbers(ethertype=0x0800, ip=4)."""
    return MappingProxyType(tables)


class Header:
    """A header as a dataclass: the fields of LAYOUT, then perhaps `options` or other parts of variable length.

    `parse(data)[0].encode()` is the bytes that were parsed, whatever they say: a wrong length or checksum is kept. In a
    header that is to be sent, None stands for "fill this in" (build.py).
    """

    __slots__ = ()
    NAME: ClassVar[str]
    SOURCE: ClassVar[str]
    LAYOUT: ClassVar[Layout]
    NUMBERS: ClassVar[Mapping[str, int]] = MappingProxyType({})  # what the header below calls this one
    OPTION_KINDS: ClassVar[Kinds] = MappingProxyType({})
    COVERS: ClassVar[Covers | None] = None  # what its field `checksum` covers beside itself

    @classmethod
    def parse(cls, data: bytes) -> tuple[Self, int]:
        """The header at the beginning of `data`, and its size in bytes. Raises StopError."""
        values = cls.LAYOUT.unpack(data)
        size = cls.LAYOUT.size_of(values)
        cls.need(data, size)
        return cls(**values), size

    @classmethod
    def need(cls, data: bytes, size: int, what: str = "header") -> None:
        """StopError unless `data` has `size` bytes."""
        if len(data) < size:
            raise StopError(len(data), f"the {cls.NAME} {what} takes {size} bytes, and only {len(data)} are here")

    def encode(self) -> bytes:
        """The header as bytes. ValueError where a value does not fit its field."""
        return self.LAYOUT.pack(self.values())

    def values(self) -> dict[str, Any]:
        """The value of every field of the layout, by name; None: not there, or not said."""
        return {field.name: getattr(self, field.name) for field in self.LAYOUT.fields}

    def complaints(self) -> Sequence[str]:
        """What is odd about the values of this header, in words; its checksum is seen to elsewhere (checks.py)."""
        return ()

    def variable(self) -> Sequence[tuple[int, HeaderOption]]:
        """Options with the byte of the header at which each begins."""
        return ()

    def size_of_body(self) -> int | None:
        """How many bytes follow the header by its own account; None: it does not say. StopError for a lie."""
        return None

    def following(self) -> Next | None:
        """What comes next; None: data that no registry knows."""
        return None

    def completed(self, body: bytes, below: Header | None, above: Header | None) -> Self:
        """This header with every None filled in: `below` carries it, `above` is what it carries, `body` all of that."""
        return self

    def summary(self) -> str:
        """The header in a few words."""
        return self.NAME


def number_for(above: Header | None, table: str) -> int:
    """What `above` is called in the registry `table`; 0 if nothing is above. ValueError if it has no number there."""
    if above is None:
        return 0
    if table not in above.NUMBERS:
        raise ValueError(f"{above.NAME} has no number as {table}: say which is meant")
    return above.NUMBERS[table]


def replaced(header: Any, **values: Any) -> Any:
    """`header` with those of `values` whose field is None; the others were said on purpose."""
    from dataclasses import replace

    return replace(header, **{name: value for name, value in values.items() if getattr(header, name) is None})
