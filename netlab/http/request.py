"""A request and its bytes, built by hand (RFC 9112 §3). What a user gives cannot break out of its place: CR, LF and NUL
are refused in the method, the target and the fields (request splitting, RFC 9112 §11.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from netlab.errors import UsageError
from netlab.http import boxes, fields
from netlab.http.boxes import ByteRange
from netlab.http.url import Url

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(r"[\x21-\x7e]+")
_VALUE = re.compile(rb"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")
USER_AGENT = b"netlab"

Pairs = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. UsageError where it could not be sent as it is."""

    method: str = "GET"
    target: str = "/"
    fields: Pairs = ()
    body: bytes = b""
    version: tuple[int, int] = (1, 1)

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.method.encode("utf-8", "replace")):
            raise UsageError(f"{self.method!r} is no method: a method is a token (RFC 9110 §9.1)", "GET, POST, …")
        if not _TARGET.fullmatch(self.target):
            raise UsageError(f"{self.target!r} cannot be a request target (RFC 9112 §3.2)", "write a space as %20")
        for name, value in self.fields:
            if not _TOKEN.fullmatch(name):
                raise UsageError(f"{_shown(name)} is no field name: a name is a token (RFC 9110 §5.1)")
            if not _VALUE.fullmatch(value):
                raise UsageError(
                    f"the value of {_shown(name)} has a control character in it, or white space at its ends "
                    "(RFC 9110 §5.5)"
                )

    @classmethod
    def to(
        cls, url: Url, method: str = "GET", fields: Iterable[tuple[bytes, bytes]] = (), body: bytes | None = None
    ) -> Request:
        """The request for `url`: Host first, then what a client says by itself unless `fields` says it."""
        given = tuple(fields)
        names = {name.lower() for name, _ in given}
        own: list[tuple[bytes, bytes]] = []
        if b"host" not in names:
            own.append((b"Host", url.authority.encode("ascii")))
        for name, value in ((b"User-Agent", USER_AGENT), (b"Accept", b"*/*"), (b"Accept-Encoding", b"gzip, deflate")):
            if name.lower() not in names:
                own.append((name, value))
        framed = b"content-length" in names or b"transfer-encoding" in names
        if not framed and (body or (body is not None or method in ("POST", "PUT", "PATCH"))):
            given += ((b"Content-Length", b"%d" % len(body or b"")),)
        target = url.target
        if method == "CONNECT":
            raise UsageError("CONNECT is for proxies, which netlab does not speak to")
        return cls(method, target, (*own, *given), body or b"")

    def head(self) -> bytes:
        """The request line, the fields, the empty line."""
        lines = [f"{self.method} {self.target} HTTP/{self.version[0]}.{self.version[1]}\r\n".encode("ascii")]
        lines += [b"%b: %b\r\n" % field for field in self.fields]
        return b"".join((*lines, b"\r\n"))

    def to_bytes(self) -> bytes:
        """All of it."""
        return self.head() + self.body

    def boxes(self, base: int = 0) -> list[ByteRange]:
        """Where each part is, if the request begins at byte `base` of what is sent; the body is not in it."""
        head = self.head()
        section = fields.read(head, head.index(b"\n") + 1, base, len(head), lenient=True, first="the request line")
        return boxes.of_head(head, base, boxes.REQUEST_LINE, section.places)


def field_from_text(text: str) -> tuple[bytes, bytes]:
    """A field as people write it: "Name: value". UsageError."""
    name, colon, value = text.partition(":")
    if not colon:
        raise UsageError(f"'{text}' is no field", "--header 'Accept: text/plain'")
    raw = value.strip(" \t").encode("utf-8", "surrogateescape")
    return name.encode("utf-8", "surrogateescape"), raw


def _shown(name: bytes) -> str:
    return repr(name.decode("ascii", "backslashreplace"))
