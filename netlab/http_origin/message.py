"""What pages get and what they answer with. Nothing here knows a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_to_bytes

Field = tuple[str, str]
Piece = bytes | float
"""A piece of a body, or a pause in seconds before the next."""


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request whose body has been read. Field names are as they were sent; `scheme` is "http" or "https"."""

    method: str
    target: str
    version: str
    fields: tuple[Field, ...]
    body: bytes = b""
    scheme: str = "http"

    @property
    def path(self) -> str:
        """The path of the target, percent-decoded; bytes that are not UTF-8 become U+FFFD."""
        raw = self.target.split("?", 1)[0]
        if not raw.startswith("/") and "://" in raw:  # absolute-form, RFC 9112 §3.2.2
            raw = "/" + raw.split("://", 1)[1].partition("/")[2]
        return unquote_to_bytes(raw).decode(errors="replace")

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the query; of several with one name the last."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True, max_num_fields=50))

    def field(self, name: str) -> str | None:
        """The value of a field, several of them joined as RFC 9110 §5.2 says; None where there is none."""
        values = [value for each, value in self.fields if each.lower() == name.lower()]
        return ", ".join(values) if values else None


@dataclass(slots=True)
class OriginAnswer:
    """An ordinary response, which h11 writes.

    `body` is bytes (then with Content-Length), or pieces and pauses: chunked (RFC 9112 §7.1) unless `length` is given.
    """

    status: int = 200
    fields: list[Field] = field(default_factory=list)
    body: bytes | Iterable[Piece] = b""
    length: int | None = None
    trailers: list[Field] = field(default_factory=list)
    interim: list[tuple[int, list[Field]]] = field(default_factory=list)
    delay_s: float = 0.0  # before the head
    finished: Callable[[], None] | None = None  # called when the body is no longer needed, sent or not


CLOSE, KEEP, STALL, RESET, CUT = "close", "keep", "stall", "reset", "cut"
ENDS = {
    CLOSE: "close the connection",
    KEEP: "keep it open for the next request",
    STALL: "keep it open and say nothing more",
    RESET: "reset it (RST)",
    CUT: "close it without TLS close_notify",
}


@dataclass(frozen=True, slots=True)
class Replay:
    """Bytes as they are, which need not be HTTP at all; then the connection is dealt with as `end` says.

    `status` is for the log; 0: unknown.
    """

    pieces: Callable[[], Iterator[Piece]]
    end: str = CLOSE
    status: int = 0


def text(body: str, status: int = 200, *fields: Field) -> OriginAnswer:
    """A plain-text answer."""
    return OriginAnswer(status, [("Content-Type", "text/plain; charset=utf-8"), *fields], body.encode())
