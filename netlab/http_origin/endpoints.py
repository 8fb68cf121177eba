"""The pages: a literal list, each for one thing that a client must be able to take.

See also files.py and raw_responses.py.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from netlab.http_origin.message import CLOSE, Field, OriginAnswer, Piece, ReceivedRequest, Replay, text
from netlab.http_origin.representation import pattern, representation
from netlab.http_origin.selection import etag, not_modified
from netlab.http_origin.settings import MOST_PAUSE_S

POEM = (
    "A request is a line, then fields, then a blank line, then perhaps a body.\n"
    "A response is the same. How long the body is, the head must say.\n"
)
_LINES = tuple(f"line {number} of five\n".encode() for number in range(1, 6))
PLAIN: Field = ("Content-Type", "text/plain; charset=utf-8")

Page = Callable[[ReceivedRequest, str], OriginAnswer | Replay]


@dataclass(frozen=True, slots=True)
class Resource:
    """A page. `shape` is its address as people write it; what comes behind `prefix` is handed to `page`."""

    shape: str
    what: str
    source: str
    page: Page

    @property
    def prefix(self) -> str:
        """The fixed part of the address."""
        return self.shape.rstrip("N")

    def takes(self, path: str) -> bool:
        """True where `path` is this page's."""
        return path.startswith(self.prefix) if self.shape.endswith("N") else path == self.shape


class BadPath(Exception):
    """An address that has something wrong behind its prefix; the text says what. Answered with 404."""


def number(rest: str, most: int) -> int:
    """The N of an address; raises BadPath."""
    if not rest.isascii() or not rest.isdigit() or int(rest[:12]) > most or len(rest) > 12:
        raise BadPath(f"a number from 0 to {most} is wanted, not {rest[:40]!r}")
    return int(rest)


def index(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """What there is."""
    lines = [f"{endpoint.shape:<16} {endpoint.what}  ({endpoint.source})" for endpoint in ENDPOINTS]
    lines.append(f"{'/wire/':<16} responses that are broken on purpose: the list of them")
    return tagged(request, ("netlab's loopback origin\n\n" + "\n".join(lines) + "\n").encode(), PLAIN)


def tagged(request: ReceivedRequest, body: bytes, *fields: Field) -> OriginAnswer:
    """A body with an entity tag: 304 to a client that has it (RFC 9110 §15.4.5)."""
    tag = etag(body)
    if not_modified(tag, None, request.field("If-None-Match"), None):
        return OriginAnswer(304, [("ETag", tag)])
    return OriginAnswer(200, [*fields, ("ETag", tag)], body)


def chunked(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """Five chunks."""
    return OriginAnswer(fields=[PLAIN], body=_LINES)


def close(request: ReceivedRequest, rest: str) -> Replay:
    """The end of the connection is the end of the body. By hand: h11 would send chunks, which is the better way."""
    head = f"HTTP/1.1 200 OK\r\nDate: {formatdate(usegmt=True)}\r\nServer: netlab\r\n{PLAIN[0]}: {PLAIN[1]}\r\n"
    data = [f"{head}Connection: close\r\n\r\n".encode(), *(_LINES if request.method != "HEAD" else ())]
    return Replay(lambda: iter(data), CLOSE, 200)


def gzipped(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """Content-Encoding: gzip, unless Accept-Encoding rules it out."""
    body = POEM.encode() * 8
    return _encoded(request, "gzip", body, gzip.compress(body, mtime=0))


def deflated(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """Content-Encoding: deflate, which is the zlib format (RFC 9110 §8.4.1.2)."""
    body = POEM.encode() * 8
    return _encoded(request, "deflate", body, zlib.compress(body))


def _encoded(request: ReceivedRequest, coding: str, plain: bytes, encoded: bytes) -> OriginAnswer:
    """One of the two, by Accept-Encoding: without that field any coding will do (RFC 9110 §12.5.3)."""
    fields: list[Field] = [PLAIN, ("Vary", "Accept-Encoding")]
    if not _accepts(request.field("Accept-Encoding"), coding):
        return OriginAnswer(fields=fields, body=plain)
    return OriginAnswer(fields=[*fields, ("Content-Encoding", coding)], body=encoded)


def _accepts(said: str | None, coding: str) -> bool:
    """Whether an Accept-Encoding allows a coding: named, or covered by *, and not with a weight of 0."""
    if said is None:
        return True
    weights: dict[str, bool] = {}
    for element in said.lower().split(","):
        name, _, weight = element.partition(";")
        weights[name.strip()] = not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return weights.get(coding, weights.get("*", False))


def redirect(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """N redirects, then /."""
    left = number(rest, 1000)
    if not left:
        return text("You have arrived.\n")
    return text(f"{left} to go\n", 302, ("Location", f"/redirect/{left - 1}"))


def redirect_to(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """A redirect to ?url=…, with ?status=…; also to another origin."""
    url, status = request.query.get("url", "/").strip(), request.query.get("status", "302")
    if status not in ("301", "302", "303", "307", "308"):
        raise BadPath(f"status {status[:20]!r} is no redirection")
    if not url.isascii() or not url.isprintable():
        return text("a URL is printable ASCII (RFC 3986)\n", 400)
    return text("elsewhere\n", int(status), ("Location", url))


def slow(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """Nothing for ?first=0.3 seconds, then five chunks, ?gap=0.1 seconds apart."""
    first, gap = seconds(request, "first", 0.3), seconds(request, "gap", 0.1)

    def pieces() -> Iterator[Piece]:
        for line in _LINES:
            yield line
            yield gap

    return OriginAnswer(fields=[PLAIN], body=pieces(), delay_s=first)


def seconds(request: ReceivedRequest, name: str, otherwise: float) -> float:
    """A time from the query, bounded."""
    try:
        return min(max(0.0, float(request.query.get(name, otherwise))), MOST_PAUSE_S)
    except ValueError:
        raise BadPath(f"{name} is a number of seconds") from None


def trailers(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """Fields behind the body (RFC 9112 §7.1.2)."""
    check = f"{zlib.crc32(b''.join(_LINES)):08x}"
    return OriginAnswer(
        fields=[PLAIN, ("Trailer", "X-Lines, X-Crc32")], body=_LINES, trailers=[("X-Lines", "5"), ("X-Crc32", check)]
    )


def interim(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """100, 102 and 103 before the 200 (RFC 9110 §15.2)."""
    answer = text("three interim responses came before this one\n")
    answer.interim = [(100, []), (102, []), (103, [("Link", "</style.css>; rel=preload; as=style")])]
    return answer


def status(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """The status that is asked for; 204 and 304 have no body (RFC 9112 §6.3 item 1)."""
    code = number(rest, 599)
    if code < 200:
        raise BadPath("a final status is wanted, 200 to 599; for interim ones see /interim")
    if code in (204, 304):
        return OriginAnswer(code)
    try:
        phrase = HTTPStatus(code).phrase
    except ValueError:
        phrase = "a code that nobody has registered"
    fields: list[Field] = [("Location", "/")] if code in (301, 302, 303, 307, 308) else []
    return text(f"{code} {phrase}\n", code, *fields)


def echo(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """The request as it was understood, as JSON: what is short in front, then a line for each field; any method."""
    start = {"method": request.method, "target": request.target, "version": request.version}
    body = {"body_bytes": len(request.body), "body": request.body.decode("latin-1")}
    fields = ",\n".join(f"  {json.dumps(field)}" for field in request.fields)
    said = f'{json.dumps(start)[:-1]},\n {json.dumps(body)[1:-1]},\n "fields": [\n{fields}\n]}}\n'
    return OriginAnswer(200, [("Content-Type", "application/json")], said.encode())


def big(request: ReceivedRequest, rest: str) -> OriginAnswer:
    """N bytes of a pattern, with ranges. ?chunked=1: in chunks."""
    length = number(rest, 1 << 40)
    tag = etag("big", length)
    if request.query.get("chunked"):
        return OriginAnswer(fields=[PLAIN], body=pattern(0, length))
    return representation(request, length, tag, None, PLAIN, pattern)


ENDPOINTS: tuple[Resource, ...] = (
    Resource("/", "this list, with an ETag: If-None-Match gives 304", "RFC 9110 §13", index),
    Resource("/chunked", "a body in five chunks", "RFC 9112 §7.1", chunked),
    Resource("/close", "a body that ends with the connection", "RFC 9112 §6.3", close),
    Resource("/gzip", "Content-Encoding: gzip", "RFC 9110 §8.4.1.3", gzipped),
    Resource("/deflate", "Content-Encoding: deflate", "RFC 9110 §8.4.1.2", deflated),
    Resource("/redirect/N", "N redirects, one after the other", "RFC 9110 §15.4", redirect),
    Resource("/redirect-to", "a redirect to ?url=…, ?status=302", "RFC 9110 §15.4", redirect_to),
    Resource("/slow", "?first=0.3 s of nothing, then chunks ?gap=0.1 s apart", "course, lecture 14", slow),
    Resource("/trailers", "fields behind the body", "RFC 9112 §7.1.2", trailers),
    Resource("/interim", "100, 102 and 103 before the 200", "RFC 9110 §15.2", interim),
    Resource("/status/N", "any final status, 200 to 599", "RFC 9110 §15", status),
    Resource("/echo", "the request as it was understood, as JSON", "RFC 9112 §3", echo),
    Resource("/big/N", "N bytes, with ranges; ?chunked=1", "RFC 9110 §14", big),
)
