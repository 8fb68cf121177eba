"""Responses that are broken, or correct and seldom seen, as the bytes they are. A new case is one line.

Source: RFC 9112, section by section; the request-smuggling cases follow its §11.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.http_origin.message import CLOSE, CUT, KEEP, RESET, STALL


@dataclass(frozen=True, slots=True)
class Case:
    """A response to replay; `source` is the section that says what a client is to make of it."""

    name: str
    what: str
    source: str
    data: bytes
    end: str = CLOSE


def _fields(*lines: bytes, body: bytes = b"hello", status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join((status, *lines, b"", body))


def _chunks(body: bytes) -> bytes:
    return _fields(b"Transfer-Encoding: chunked", body=body)


_LENGTH = b"Content-Length: 5"
_HELLO = _fields(_LENGTH)

CASES: tuple[Case, ...] = (
    # The status line, §4
    Case("hello", "nothing is wrong with this one", "RFC 9112 §2.1", _HELLO, KEEP),
    Case(
        "no-reason",
        "a status line without a reason phrase",
        "RFC 9112 §4",
        _fields(_LENGTH, status=b"HTTP/1.1 200 "),
        KEEP,
    ),
    Case(
        "no-reason-no-space",
        "… and without the space before it",
        "RFC 9112 §4",
        _fields(_LENGTH, status=b"HTTP/1.1 200"),
    ),
    Case("http-1.0", "HTTP/1.0: the connection is not kept", "RFC 9112 §9.3", _fields(status=b"HTTP/1.0 200 OK")),
    Case(
        "http-1.0-keep-alive",
        "HTTP/1.0 with Connection: keep-alive",
        "RFC 9112 §9.3",
        _fields(b"Connection: keep-alive", _LENGTH, status=b"HTTP/1.0 200 OK"),
        KEEP,
    ),
    Case("http-0.9", "a body and nothing else, as in 1991", "RFC 9112 §2.3", b"hello"),
    Case(
        "http-2.0",
        "a version that this connection does not speak",
        "RFC 9112 §2.3",
        _fields(_LENGTH, status=b"HTTP/2.0 200 OK"),
    ),
    Case("status-2-digits", "a status code of two digits", "RFC 9112 §4", _fields(_LENGTH, status=b"HTTP/1.1 20 OK")),
    Case("status-4-digits", "a status code of four", "RFC 9112 §4", _fields(_LENGTH, status=b"HTTP/1.1 2000 OK")),
    Case(
        "lower-case-name",
        "http/1.1: the name is case-sensitive",
        "RFC 9112 §2.3",
        _fields(_LENGTH, status=b"http/1.1 200 OK"),
    ),
    Case("leading-crlf", "an empty line before the status line", "RFC 9112 §2.2", b"\r\n" + _HELLO),
    Case("smtp", "another protocol altogether", "RFC 9112 §4", b"220 mail.example ESMTP\r\n", STALL),
    # Field lines, §5
    Case("space-before-colon", "a space before the colon", "RFC 9112 §5.1", _fields(b"Content-Length : 5")),
    Case(
        "obs-fold",
        "a field continued on the next line",
        "RFC 9112 §5.2",
        _fields(b"X-Long: one", b"  two", _LENGTH),
        KEEP,
    ),
    Case("obs-fold-first", "a continuation with nothing to continue", "RFC 9112 §2.2", _fields(b" X: 1", _LENGTH)),
    Case("no-colon", "a field line without a colon", "RFC 9112 §5", _fields(b"Content-Length 5")),
    Case("empty-name", "a field without a name", "RFC 9110 §5.1", _fields(b": nameless", _LENGTH)),
    Case("name-no-token", "a field name that is no token", "RFC 9110 §5.6.2", _fields(b"X(y): 1", _LENGTH)),
    Case("nul-in-value", "NUL in a field value", "RFC 9110 §5.5", _fields(b"X: a\0b", _LENGTH)),
    Case("bare-cr", "CR without LF in a field value", "RFC 9112 §2.2", _fields(b"X: a\rb", _LENGTH)),
    Case("bare-lf", "lines that end with LF alone", "RFC 9112 §2.2", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    Case("obs-text", "bytes above 127 in a field value", "RFC 9110 §5.5", _fields(b"X: caf\xe9", _LENGTH), KEEP),
    Case("no-fields", "a head without fields: the body ends with the connection", "RFC 9112 §6.3", _fields()),
    Case("long-field", "a field of 100,000 bytes", "RFC 9112 §2.2", _fields(b"X: " + b"x" * 100_000, _LENGTH)),
    Case("many-fields", "10,000 fields", "RFC 9110 §5.4", _fields(*[b"X: 1"] * 10_000, _LENGTH)),
    # Content-Length, §6.2
    Case("length-twice-same", "Content-Length twice, and equal", "RFC 9112 §6.3", _fields(_LENGTH, _LENGTH), KEEP),
    Case("length-list-same", "Content-Length: 5, 5", "RFC 9110 §8.6", _fields(b"Content-Length: 5, 5"), KEEP),
    Case(
        "length-twice-differs",
        "Content-Length twice, and different",
        "RFC 9112 §6.3",
        _fields(_LENGTH, b"Content-Length: 6", body=b"hello!"),
    ),
    Case("length-list-differs", "Content-Length: 5, 6", "RFC 9112 §6.3", _fields(b"Content-Length: 5, 6")),
    Case("length-plus", "Content-Length: +5", "RFC 9110 §8.6", _fields(b"Content-Length: +5")),
    Case("length-minus", "Content-Length: -5", "RFC 9110 §8.6", _fields(b"Content-Length: -5")),
    Case("length-hex", "Content-Length: 0x5", "RFC 9110 §8.6", _fields(b"Content-Length: 0x5")),
    Case("length-underscore", "Content-Length: 5_0", "RFC 9110 §8.6", _fields(b"Content-Length: 5_0")),
    Case("length-arabic-digit", "a digit that is not ASCII", "RFC 9110 §8.6", _fields("Content-Length: ٥".encode())),
    Case("length-empty", "Content-Length without a value", "RFC 9110 §8.6", _fields(b"Content-Length:")),
    Case("length-huge", "Content-Length of 30 digits", "RFC 9110 §8.6", _fields(b"Content-Length: " + b"9" * 30)),
    Case("short-body", "the connection ends before the body does", "RFC 9112 §8", _fields(b"Content-Length: 50")),
    Case("short-head", "the connection ends within the head", "RFC 9112 §8", b"HTTP/1.1 200 OK\r\nContent-Le"),
    Case("nothing", "the connection ends without a byte", "RFC 9112 §9.5", b""),
    Case("reset", "a reset within the body", "RFC 9112 §8", _fields(b"Content-Length: 50"), RESET),
    Case("stall", "the peer falls silent within the body", "RFC 9112 §9.5", _fields(b"Content-Length: 50"), STALL),
    Case(
        "cut",
        "the end of the body is the end of the connection, without TLS close_notify",
        "RFC 9112 §9.8",
        _fields(),
        CUT,
    ),
    # Bodies that are not there, §6.3
    Case(
        "204-with-body",
        "204 with a length and bytes",
        "RFC 9112 §6.3",
        _fields(_LENGTH, status=b"HTTP/1.1 204 No Content"),
        KEEP,
    ),
    Case(
        "304-with-body",
        "304 with a length and bytes",
        "RFC 9112 §6.3",
        _fields(_LENGTH, status=b"HTTP/1.1 304 Not Modified"),
        KEEP,
    ),
    Case(
        "101",
        "Switching Protocols, unasked",
        "RFC 9110 §15.2.2",
        _fields(b"Upgrade: echo", b"Connection: Upgrade", body=b"", status=b"HTTP/1.1 101 Switching Protocols")
        + b"not HTTP any more",
    ),
    Case("extra-response", "a second response that nobody asked for", "RFC 9112 §9.2", _HELLO * 2, KEEP),
    Case("extra-bytes", "bytes behind the body", "RFC 9112 §9.2", _HELLO + b"and more", KEEP),
    # Transfer-Encoding, §6.1 and §7.1
    Case(
        "length-and-chunked",
        "Content-Length and Transfer-Encoding at once",
        "RFC 9112 §6.3",
        _fields(_LENGTH, b"Transfer-Encoding: chunked", body=b"7\r\nchunked\r\n0\r\n\r\n"),
        KEEP,
    ),
    Case(
        "gzip-last",
        "a transfer coding whose last is not chunked",
        "RFC 9112 §6.3",
        _fields(b"Transfer-Encoding: chunked, gzip"),
    ),
    Case(
        "unknown-coding",
        "a transfer coding that nobody knows",
        "RFC 9112 §6.1",
        _fields(b"Transfer-Encoding: rot13, chunked", body=b"5\r\nuryyb\r\n0\r\n\r\n"),
    ),
    Case(
        "chunked-twice",
        "Transfer-Encoding: chunked, chunked",
        "RFC 9112 §6.1",
        _fields(b"Transfer-Encoding: chunked, chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case(
        "chunked-1.0",
        "Transfer-Encoding in HTTP/1.0",
        "RFC 9112 §6.1",
        _fields(b"Transfer-Encoding: chunked", status=b"HTTP/1.0 200 OK", body=b"5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case(
        "chunk-extension",
        "chunk extensions",
        "RFC 9112 §7.1.1",
        _chunks(b'5;a=1;b="x;y"\r\nhello\r\n0;last\r\n\r\n'),
        KEEP,
    ),
    Case(
        "chunk-upper-case",
        "a chunk size in capitals, with zeros",
        "RFC 9112 §7.1",
        _chunks(b"000A\r\n0123456789\r\n0\r\n\r\n"),
        KEEP,
    ),
    Case("chunk-trailer", "a trailer field", "RFC 9112 §7.1.2", _chunks(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), KEEP),
    Case("chunk-plus", "a chunk size with a sign", "RFC 9112 §7.1", _chunks(b"+5\r\nhello\r\n0\r\n\r\n")),
    Case("chunk-hex-prefix", "a chunk size of 0x5", "RFC 9112 §7.1", _chunks(b"0x5\r\nhello\r\n0\r\n\r\n")),
    Case("chunk-junk", "a chunk size that is no number", "RFC 9112 §7.1", _chunks(b"five\r\nhello\r\n0\r\n\r\n")),
    Case("chunk-empty-size", "a chunk without a size", "RFC 9112 §7.1", _chunks(b"\r\nhello\r\n0\r\n\r\n")),
    Case(
        "chunk-overflow",
        "a chunk size of 2^64 + 5",
        "RFC 9112 §7.1",
        _chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    ),
    Case(
        "chunk-no-crlf",
        "chunk data that is longer than its size",
        "RFC 9112 §7.1",
        _chunks(b"5\r\nhello!\r\n0\r\n\r\n"),
    ),
    Case("chunk-bare-lf", "chunk lines that end with LF alone", "RFC 9112 §2.2", _chunks(b"5\nhello\n0\n\n")),
    Case("chunk-no-end", "the connection ends before the last chunk", "RFC 9112 §8", _chunks(b"5\r\nhello\r\n")),
    Case("chunk-no-final-crlf", "… or before the blank line behind it", "RFC 9112 §8", _chunks(b"5\r\nhello\r\n0\r\n")),
    # Content codings, RFC 9110 §8.4
    Case(
        "gzip-lie",
        "Content-Encoding: gzip on a body that is not",
        "RFC 9110 §8.4",
        _fields(b"Content-Encoding: gzip", _LENGTH),
        KEEP,
    ),
    Case(
        "coding-unknown",
        "a content coding that nobody knows",
        "RFC 9110 §8.4",
        _fields(b"Content-Encoding: rot13", _LENGTH),
        KEEP,
    ),
)
BY_NAME = {case.name: case for case in CASES}
