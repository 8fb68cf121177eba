"""One connection from its first request to its end: h11 reads the requests and writes the responses.

RFC 9112 §9 is what this file is about: when a connection is kept, and when it is closed and by whom.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING

import h11

from netlab.http_origin.channel import Channel, Gone
from netlab.http_origin.message import CUT, KEEP, RESET, STALL, OriginAnswer, Piece, ReceivedRequest, Replay, text
from netlab.http_origin.request_reader import read_head, read_request
from netlab.http_origin.settings import MOST_HEAD_BYTES, MOST_PAUSE_S, Settings

if TYPE_CHECKING:
    from netlab.http_origin.site import Site


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what it was answered with, for the log. `status` 0: raw bytes were replayed, or nothing was."""

    client: str
    number: int
    """Of the request on its connection, from 1."""
    method: str
    target: str
    status: int
    sent_bytes: int
    took_s: float
    note: str = ""


class Conversation:
    """Serve one connection. `stopping` says whether it is time to end after the response that is under way."""

    def __init__(
        self,
        channel: Channel,
        client: str,
        scheme: str,
        site: Site,
        settings: Settings,
        stopping: Callable[[], bool],
        log: Callable[[Exchange], None],
    ) -> None:
        self._channel, self._client, self._scheme, self._site = channel, client, scheme, site
        self._settings, self._stopping, self._log = settings, stopping, log
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)
        self.requests = 0

    def run(self) -> str:
        """Until the connection has ended; the word says how, as it is counted."""
        try:
            while self._one():
                pass
            return "closed"
        except Gone as gone:
            self._channel.close()
            return str(gone)
        except h11.LocalProtocolError:  # a page wants to send what HTTP has no room for
            self._channel.reset()
            return "failed"

    def _one(self) -> bool:
        """One request and its answer. True where another may follow."""
        started_s, before = 0.0, self._channel.sent_bytes
        try:
            head = read_head(self._http, self._channel, self._settings, self._stopping)
            if head is None:
                self._channel.end()
                return False
            started_s = time.monotonic()
            self.requests += 1
            request = read_request(self._http, self._channel, head, self._scheme, self._settings.body_s)
        except h11.RemoteProtocolError as error:
            return self._refuse(error)
        answer: OriginAnswer | Replay
        if request is None:
            answer = text("that is more than a request may bring\n", 413, ("Connection", "close"))
        elif not request.version.startswith("1."):
            answer = text("this is a server for HTTP/1.1\n", 505, ("Connection", "close"))
        else:
            answer = self._answer(request)
        again, note = False, "cut short"
        try:
            if isinstance(answer, OriginAnswer):
                again = self._send(answer, request.method if request else "")
            else:
                again = self._replay(answer)
            note = ""
        finally:
            if isinstance(answer, OriginAnswer) and answer.finished:
                answer.finished()
            method, target = head.method.decode("latin-1"), head.target.decode("latin-1")
            sent, took_s = self._channel.sent_bytes - before, time.monotonic() - started_s
            self._log(Exchange(self._client, self.requests, method, target, answer.status, sent, took_s, note))
        return again

    def _answer(self, request: ReceivedRequest) -> OriginAnswer | Replay:
        """The site's answer. A fault of ours is one response and a line in the log, not the end of the server."""
        try:
            return self._site.answer(request)
        except Exception as error:
            return text(f"the origin has a fault here: {error!r}\n", 500)

    def _refuse(self, error: h11.RemoteProtocolError) -> bool:
        """Say what was wrong with the request, and end."""
        refusal = text(f"{error}\n", error.error_status_hint, ("Connection", "close"))
        try:
            if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                self._send(refusal, "")
            else:
                self._channel.end()
        finally:
            self._log(Exchange(self._client, self.requests + 1, "–", "–", refusal.status, 0, 0.0, str(error)))
        return False

    # Writing

    def _send(self, answer: OriginAnswer, method: str) -> bool:
        """An ordinary response. True where the connection is kept."""
        if answer.delay_s and self._channel.wait(answer.delay_s):
            raise Gone("closed early")
        send, http = self._channel.send, self._http
        for code, extra in answer.interim:
            send(_bytes(http.send(h11.InformationalResponse(status_code=code, headers=extra, reason=_reason(code)))))
        fields = [("Date", formatdate(usegmt=True)), ("Server", "netlab"), *answer.fields]
        body: Iterable[Piece] = answer.body if not isinstance(answer.body, bytes) else [answer.body]
        length = len(answer.body) if isinstance(answer.body, bytes) else answer.length
        if length is not None and answer.status not in (204, 304):
            fields.append(("Content-Length", str(length)))
        if self._stopping():
            fields.append(("Connection", "close"))
        elif length is None and answer.status not in (204, 304):
            fields.append(("Transfer-Encoding", "chunked"))
        head = _bytes(http.send(h11.Response(status_code=answer.status, headers=fields, reason=_reason(answer.status))))
        no_body = method == "HEAD" or answer.status in (204, 304)
        self._body(head, [] if no_body else body, answer)
        if http.our_state is h11.DONE and http.their_state is h11.DONE and not self._stopping():
            http.start_next_cycle()
            return True
        self._channel.end()
        return False

    def _body(self, head: bytes, body: Iterable[Piece], answer: OriginAnswer) -> None:
        """The head and the body: a small body in the same segment, pieces and pauses as they come."""
        http, waiting = self._http, head
        paced = not isinstance(answer.body, bytes) and answer.length is None
        for piece in body:
            if isinstance(piece, float):
                if self._channel.wait(min(piece, MOST_PAUSE_S)):
                    raise Gone("closed early")
                continue
            data = http.send_with_data_passthrough(h11.Data(data=piece)) if piece else []
            waiting += b"".join(bytes(part) for part in data or [])
            if paced or len(waiting) > 16384:
                self._channel.send(waiting)
                waiting = b""
        try:
            ending = _bytes(http.send(h11.EndOfMessage(headers=answer.trailers)))
        except (
            h11.LocalProtocolError
        ):  # a file has become shorter than its Content-Length: the client must not believe it
            self._channel.send(waiting)
            self._channel.reset()
            raise Gone("file became shorter") from None
        self._channel.send(waiting + ending)

    def _replay(self, answer: Replay) -> bool:
        """Raw bytes, and the end of the connection that goes with them."""
        channel = self._channel
        for piece in answer.pieces():
            if not isinstance(piece, float):
                channel.send(piece)
            elif channel.wait(min(piece, MOST_PAUSE_S)):
                raise Gone("closed early")
            if self._stopping():
                raise Gone("stopped")
        if answer.end == KEEP:
            early = self._http.trailing_data[0]
            self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)
            if early:
                self._http.receive_data(early)
            return True
        if answer.end == STALL:
            channel.wait(MOST_PAUSE_S)
            channel.close()
        else:
            {RESET: channel.reset, CUT: channel.cut}.get(answer.end, channel.end)()
        return False


def _bytes(data: bytes | None) -> bytes:
    return data or b""


def _reason(status: int) -> bytes:
    """The reason phrase: for people only (RFC 9112 §4), and they like to have it."""
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
