"""What three parsers make of the same bytes: ours, h11's (fed in small pieces), and the one of http.client."""

from __future__ import annotations

import http.client
import io
from dataclasses import dataclass, replace
from http.client import HTTPMessage
from itertools import chain
from typing import cast

import h11

from netlab.http.events import Data, Head, Incomplete, Note, Refused, Trailers, Upgraded
from netlab.http.events import End as OurEnd
from netlab.http.limits import HeadLimits
from netlab.http.response import ResponseParser

PIECE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Opinion:
    """One parser's: "complete", "incomplete" or "refused", and what it understood until then."""

    parser: str
    verdict: str
    why: str = ""
    status: int | None = None
    reason: bytes | None = None
    fields: tuple[tuple[bytes, bytes], ...] | None = None
    interim: int | None = None
    body: bytes | None = None
    trailers: tuple[tuple[bytes, bytes], ...] | None = None
    consumed: int | None = None
    """Bytes of the response; what is after them was not taken for a part of it."""
    left_over: int | None = None
    """Bytes after the response, of those that there are; None where the parser does not say."""
    handed_over: bool = False
    """The response is complete, and what follows it is no longer HTTP (101, or a 2xx to CONNECT)."""


def ours(
    data: bytes, method: str, *, ended: bool = True, lenient: bool = False
) -> tuple[Opinion, Refused | Incomplete | None]:
    """netlab's opinion, and the event that says what is wrong."""
    parser = ResponseParser(HeadLimits(), lenient=lenient)
    parser.expect(method)
    events = parser.feed(data)
    if ended:
        events += parser.feed_eof()
    head = next((event for event in events if isinstance(event, Head) and not event.interim), None)
    end = next((event for event in events if isinstance(event, OurEnd)), None)
    problem = next((event for event in events if isinstance(event, (Refused, Incomplete))), None)
    trailers = next((event for event in events if isinstance(event, Trailers)), None)
    upgraded = next((event for event in events if isinstance(event, Upgraded)), None)
    stop = end or upgraded
    wrong = problem if stop is None else None
    verdict = "complete" if stop else "refused" if isinstance(wrong, Refused) else "incomplete"
    opinion = Opinion(
        "netlab",
        verdict,
        str(wrong or ""),
        head.status if head else None,
        head.reason if head else None,
        _lowered(head.fields) if head else None,
        sum(isinstance(event, Head) and event.interim for event in events),
        b"".join(bytes(event.data) for event in events if isinstance(event, Data) and not upgraded) if head else None,
        _lowered(trailers.fields) if trailers else (),
        stop.end if stop else None,
        len(data) - stop.end if stop else None,
        upgraded is not None,
    )
    return opinion, wrong


def notes(data: bytes, method: str) -> list[Note]:
    """What netlab lets pass, strictly, and says so."""
    parser = ResponseParser(HeadLimits())
    parser.expect(method)
    return [event for event in parser.feed(data) if isinstance(event, Note)]


def of_h11(data: bytes, method: str, *, ended: bool = True) -> Opinion:
    """h11's: its bound on a head only holds for one that comes in pieces, so it is fed small ones."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HeadLimits().head_bytes)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    found, body = Opinion("h11", "incomplete", interim=0, trailers=()), bytearray()
    pieces = chain((data[at : at + PIECE_BYTES] for at in range(0, len(data), PIECE_BYTES)), [b""] if ended else [])
    fed = 0
    try:
        while found.verdict == "incomplete":
            event = connection.next_event()
            if event is h11.NEED_DATA:
                piece = next(pieces, None)
                if piece is None:
                    break
                fed += len(piece)
                connection.receive_data(piece)
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.InformationalResponse):
                found = replace(found, interim=(found.interim or 0) + 1)
            elif isinstance(event, h11.Response):
                fields = tuple(event.headers)
                found = replace(found, status=event.status_code, reason=bytes(event.reason), fields=fields)
            elif isinstance(event, h11.EndOfMessage):
                found = replace(found, verdict="complete", trailers=tuple(event.headers))
            elif event is h11.PAUSED and connection.their_state is h11.SWITCHED_PROTOCOL:
                found = replace(found, verdict="complete", handed_over=True)
            else:
                break
    except h11.ProtocolError as error:
        found = replace(found, verdict="incomplete" if "closed" in str(error) else "refused", why=str(error))
    consumed = fed - len(connection.trailing_data[0]) if found.verdict == "complete" else None
    left_over = None if consumed is None else len(data) - consumed
    return replace(found, body=bytes(body) if found.status else None, consumed=consumed, left_over=left_over)


class _File(io.BytesIO):
    """Bytes that remember how far they were read, even when closed: http.client closes them after the response."""

    _closed_at: int | None = None

    @property
    def at(self) -> int:
        return self.tell() if self._closed_at is None else self._closed_at

    def close(self) -> None:
        if not self.closed:
            self._closed_at = self.tell()
        super().close()


class _Socket:
    """As much of a socket as http.client.HTTPResponse asks for."""

    def __init__(self, data: bytes) -> None:
        self.file = _File(data)

    def makefile(self, mode: str) -> io.BytesIO:
        return self.file


def of_http_client(data: bytes, method: str) -> Opinion:
    """http.client's. It takes whatever comes before the final status line for interim responses, and tells of none."""
    source = _Socket(data)
    response = http.client.HTTPResponse(source, method=method)  # type: ignore[arg-type]
    verdict, why, body = "complete", "", b""
    handed_over = False
    try:
        response.begin()
        handed_over = response.status == 101
        body = b"" if handed_over else response.read()
    except http.client.IncompleteRead as error:
        verdict, why, body = "incomplete", str(error), error.partial
    except (http.client.HTTPException, ValueError, OSError) as error:
        verdict, why = "refused", f"{type(error).__name__}: {error}".rstrip(": ")
        if isinstance(error, http.client.RemoteDisconnected):
            verdict = "incomplete"
    if cast("HTTPMessage | None", response.headers) is None:  # begin() has failed
        return Opinion("http.client", verdict, why)
    consumed = source.file.at if verdict == "complete" else None
    return Opinion(
        "http.client",
        verdict,
        why,
        status=response.status,
        reason=response.reason.encode("latin-1"),
        fields=_headers(response),
        body=body,
        consumed=consumed,
        left_over=None if consumed is None else len(data) - consumed,
        handed_over=handed_over,
    )


def _headers(response: http.client.HTTPResponse) -> tuple[tuple[bytes, bytes], ...]:
    return tuple(
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in response.headers.items()
    )


def _lowered(fields: list[tuple[bytes, bytes]]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower(), value) for name, value in fields)
