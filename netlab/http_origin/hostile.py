"""A peer that means harm: responses without an end, or nearly. Each stops after a gigabyte or a minute, by a reset.

What a client should do about each: stop at a limit of its own, in bounded memory and time, and say which limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netlab.http_origin.message import CLOSE, KEEP, RESET, Piece
from netlab.http_origin.settings import MOST_ENDLESS_BYTES, MOST_PAUSE_S

_OK = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True, slots=True)
class Attack:
    """Pieces that go on and on."""

    name: str
    what: str
    pieces: Callable[[], Iterator[Piece]]
    end: str = RESET


def _repeated(head: bytes, block: bytes) -> Iterator[Piece]:
    """`head`, and then `block` again and again."""
    yield head
    block *= max(1, 65536 // len(block))
    for _ in range(MOST_ENDLESS_BYTES // len(block)):
        yield block


def endless_headers() -> Iterator[Piece]:
    """Field lines without end."""
    return _repeated(_OK, b"X-Again: and again\r\n")


def endless_line() -> Iterator[Piece]:
    """A status line without end."""
    return _repeated(b"HTTP/1.1 200 ", b"OK")


def endless_1xx() -> Iterator[Piece]:
    """Interim responses without end."""
    return _repeated(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")


def endless_chunks() -> Iterator[Piece]:
    """Chunks of one byte without end."""
    return _repeated(_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")


def endless_extension() -> Iterator[Piece]:
    """A chunk extension without end."""
    return _repeated(_OK + b"Transfer-Encoding: chunked\r\n\r\n5", b";x=y")


def endless_trailers() -> Iterator[Piece]:
    """Trailer fields without end."""
    return _repeated(_OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n")


def endless_body() -> Iterator[Piece]:
    """A close-delimited body without end."""
    return _repeated(_OK + b"\r\n", b"x")


def huge_length() -> Iterator[Piece]:
    """10 GB are announced; five bytes come, and then nothing for a minute."""
    yield _OK + b"Content-Length: 10000000000\r\n\r\nhello"
    yield MOST_PAUSE_S


def silence() -> Iterator[Piece]:
    """Not a byte for a minute."""
    yield MOST_PAUSE_S


def drip_head() -> Iterator[Piece]:
    """A head that comes a byte at a time, ten a second, for a minute: each wait is short, the sum is not."""
    for byte in _OK + b"X-Drip: " + b"d" * int(MOST_PAUSE_S * 10):
        yield bytes((byte,))
        yield 0.1


def drip_body() -> Iterator[Piece]:
    """The same with a body."""
    yield _OK + b"Content-Length: 1000000\r\n\r\n"
    for _ in range(int(MOST_PAUSE_S * 10)):
        yield b"d"
        yield 0.1


def redirect_loop() -> Iterator[Piece]:
    """A redirect to itself."""
    yield b"HTTP/1.1 302 Found\r\nLocation: /wire/redirect-loop\r\nContent-Length: 0\r\n\r\n"


def bomb() -> Iterator[Piece]:
    """Zeros, compressed a thousand to one: about 10 MB that are 10 GB when they are unpacked."""
    yield _OK + b"Content-Encoding: gzip\r\n\r\n"
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    for _ in range(10_000):
        piece = packer.compress(zeros)
        if piece:
            yield piece
    yield packer.flush()


def growing_redirects() -> Iterator[Piece]:
    """A redirect to an address that is 60,000 bytes long."""
    yield b"HTTP/1.1 302 Found\r\nLocation: /wire/" + b"x" * 60_000 + b"\r\nContent-Length: 0\r\n\r\n"


_ENDS = {redirect_loop: KEEP, growing_redirects: KEEP, bomb: CLOSE}
ATTACKS: tuple[Attack, ...] = tuple(
    Attack(page.__name__.replace("_", "-"), (page.__doc__ or "").rstrip(), page, _ENDS.get(page, RESET))
    for page in (
        endless_headers,
        endless_line,
        endless_1xx,
        endless_chunks,
        endless_extension,
        endless_trailers,
        endless_body,
        huge_length,
        silence,
        drip_head,
        drip_body,
        redirect_loop,
        growing_redirects,
        bomb,
    )
)
BY_NAME = {attack.name: attack for attack in ATTACKS}
