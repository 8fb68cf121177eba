"""What the parser says. Each event has its byte range [start, end) in the stream: byte 0 is the connection's first.

A response is: Head (interim ones first), then for a chunked body ChunkHead and Data in turn and Trailers, otherwise
Data; then End. `Note`s come where something was let pass. `Refused` or `Incomplete` is the last event of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from netlab.http.framing import Framing

Span = tuple[int, int]
Body = bytes | memoryview


class FieldLine(NamedTuple):
    """One field line. `line` is all of it with its line end; a folded one spans several lines."""

    line: Span
    name: Span
    value: Span


@dataclass(slots=True)
class Note:
    """Something that is not as it should be, and was let pass: always, or because of `lenient`."""

    start: int
    end: int
    where: str
    what: str
    source: str
    lenient: bool = False


@dataclass(slots=True)
class Head:
    """A status line and its fields. `fields` are (name, value) as sent, without white space around the value.

    Where each field stands in the stream is worked out by heads.field_lines from `raw`, for those who want to know.
    """

    start: int
    end: int
    raw: bytes
    version: tuple[int, int]
    status: int
    reason: bytes
    fields: list[tuple[bytes, bytes]]
    framing: Framing
    keep_alive: bool
    keep_alive_why: str

    @property
    def interim(self) -> bool:
        """True for 1xx other than 101: another response follows to the same request (RFC 9110 §15.2)."""
        return 100 <= self.status < 200 and self.status != 101

    def values(self, name: str) -> list[bytes]:
        """The values of all field lines of that name, in order; names are case-insensitive."""
        wanted = name.lower().encode("ascii")
        return [value for key, value in self.fields if key.lower() == wanted]


@dataclass(slots=True)
class ChunkHead:
    """The line before a chunk's data. `size` 0 is the last chunk. `extension` is what follows the size, as sent."""

    start: int
    end: int
    size: int
    extension: bytes


@dataclass(slots=True)
class Data:
    """Bytes of the body, as sent (a content coding is still on them). `data` is a view of what was fed."""

    start: int
    end: int
    data: Body


@dataclass(slots=True)
class Trailers:
    """The trailer section of a chunked body with the empty line that ends it."""

    start: int
    end: int
    fields: list[tuple[bytes, bytes]]
    raw: bytes


@dataclass(slots=True)
class End:
    """The response is complete at byte `end`. `reusable`: the connection can carry another request."""

    start: int
    end: int
    reusable: bool


@dataclass(slots=True)
class Upgraded:
    """After 101 (or a 2xx to CONNECT): what follows is no longer HTTP, and comes as Data."""

    start: int
    end: int


@dataclass(slots=True)
class Refused:
    """The bytes from `start` on are not what RFC 9112 allows; nothing after them is read."""

    start: int
    end: int
    where: str
    """"status line", "field line 2", "chunk 3"."""
    what: str
    source: str

    def __str__(self) -> str:
        return f"byte {self.start}, {self.where}: {self.what} ({self.source})"


@dataclass(slots=True)
class Incomplete:
    """The connection ended at byte `end` in the middle of a response."""

    start: int
    end: int
    where: str
    what: str
    source: str

    def __str__(self) -> str:
        return f"byte {self.end}, {self.where}: {self.what} ({self.source})"


Event = Head | Note | ChunkHead | Data | Trailers | End | Upgraded | Refused | Incomplete
