"""What the shop answers: an order at /order; elsewhere what netlab's origin has (`netlab http serve`), within bounds.

Pure: a request in, an answer out. The shop's receptionist would now tell the processes that keep orders, stock and
payments (lecture 1, RPC); here there is one process, and it keeps a number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlab.experiments.journey.journey_result import GivenAnswer
from netlab.http_origin import raw_responses
from netlab.http_origin.message import OriginAnswer, Piece, ReceivedRequest, Replay, text
from netlab.http_origin.site import Site

ORDER = "/order"
JSON = ("Content-Type", "application/json")
MOST_BYTES = 1_000_000  # of one page: some 700 segments
_MOST_COUNT = 1_000_000


@dataclass(slots=True)
class Digested:
    """A response under way, and the digest of its body as it is made; None: raw bytes, of no known body."""

    status: int
    digest: hashlib._Hash | None

    def finished(self) -> GivenAnswer:
        """The response as the result has it."""
        return GivenAnswer(self.status, self.digest.hexdigest() if self.digest else None)


class Shop(Site):
    """Pages, and orders. `taken`: the SHA-256 of the body of every request as it came; `given`: every answer."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []
        self.given: list[Digested] = []

    def answer(self, request: ReceivedRequest) -> OriginAnswer | Replay:
        """An order is confirmed; everything else is a page."""
        self.taken.append(sha256(request.body))
        answer = self._order(request) if request.path == ORDER else self._page_within(request)
        if not isinstance(answer, OriginAnswer):
            self.given.append(Digested(answer.status, None))
            return answer
        digest = hashlib.sha256()
        if isinstance(answer.body, bytes):
            digest.update(answer.body)
        else:
            answer.body = _digested(answer.body, digest)
        self.given.append(Digested(answer.status, digest))
        return answer

    def _page_within(self, request: ReceivedRequest) -> OriginAnswer | Replay:
        """A page of the origin, if it is not too large to be looked at."""
        size = request.path.removeprefix("/big/")
        if size != request.path and size.isdecimal() and int(size[:12]) > MOST_BYTES:
            return text(f"at most {MOST_BYTES:,} bytes are fetched on this journey\n", 404)
        if request.path.startswith(raw_responses.PREFIX):
            return text("broken responses are not for journeys: netlab http get\n", 404)
        return super().answer(request)

    def _order(self, request: ReceivedRequest) -> OriginAnswer:
        if request.method != "POST":
            return text("an order is a POST\n", 405, ("Allow", "POST"))
        try:
            order = json.loads(request.body)
            item, count = str(order["buy"]), int(order["count"])
        except (ValueError, TypeError, KeyError):
            return text('an order says what and how many: {"buy": "tea", "count": 2}\n', 400)
        if not 0 < count <= _MOST_COUNT:
            return text("that many there are not\n", 400)
        number = len(self.taken)
        done = {"order": number, "bought": item[:80], "count": count}
        return OriginAnswer(200, [JSON], json.dumps(done).encode() + b"\n")


def _digested(body: Iterable[Piece], digest: hashlib._Hash) -> Iterator[Piece]:
    """The same pieces and pauses, digested as they go."""
    for piece in body:
        if isinstance(piece, bytes):
            digest.update(piece)
        yield piece


def sha256(data: bytes) -> str:
    """Its digest in hex."""
    return hashlib.sha256(data).hexdigest()
