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


def _status(line: bytes) -> bytes:
    return _fields(_LENGTH, status=line)


def _case(name: str, what: str, source: str, data: bytes, end: str = CLOSE) -> Case:
    """A section alone is one of RFC 9112."""
    return Case(name, what, f"RFC 9112 {source}" if source.startswith("§") else source, data, end)


_LENGTH = b"Content-Length: 5"
_FIVE = b"5\r\nhello\r\n0\r\n\r\n"
_HELLO = _fields(_LENGTH)

CASES: tuple[Case, ...] = (
    # The status line, §4
    _case("hello", "nothing is wrong with this one", "§2.1", _HELLO, KEEP),
    _case("no-reason", "a status line without a reason phrase", "§4", _status(b"HTTP/1.1 200 "), KEEP),
    _case("no-reason-no-space", "… and without the space before it", "§4", _status(b"HTTP/1.1 200")),
    _case("http-1.0", "HTTP/1.0: the connection is not kept", "§9.3", _fields(status=b"HTTP/1.0 200 OK")),
    _case(
        "http-1.0-keep-alive",
        "HTTP/1.0 with Connection: keep-alive",
        "§9.3",
        _fields(b"Connection: keep-alive", _LENGTH, status=b"HTTP/1.0 200 OK"),
        KEEP,
    ),
    _case("http-0.9", "a body and nothing else, as in 1991", "§2.3", b"hello"),
    _case("http-2.0", "a version that this connection does not speak", "§2.3", _status(b"HTTP/2.0 200 OK")),
    _case("status-2-digits", "a status code of two digits", "§4", _status(b"HTTP/1.1 20 OK")),
    _case("status-4-digits", "a status code of four", "§4", _status(b"HTTP/1.1 2000 OK")),
    _case("lower-case-name", "http/1.1: the name is case-sensitive", "§2.3", _status(b"http/1.1 200 OK")),
    _case("leading-crlf", "an empty line before the status line", "§2.2", b"\r\n" + _HELLO),
    _case("smtp", "another protocol altogether", "§4", b"220 mail.example ESMTP\r\n", STALL),
    # Field lines, §5
    _case("space-before-colon", "a space before the colon", "§5.1", _fields(b"Content-Length : 5")),
    _case("obs-fold", "a field continued on the next line", "§5.2", _fields(b"X-Long: one", b"  two", _LENGTH), KEEP),
    _case("obs-fold-first", "a continuation with nothing to continue", "§2.2", _fields(b" X: 1", _LENGTH)),
    _case("no-colon", "a field line without a colon", "§5", _fields(b"Content-Length 5")),
    _case("empty-name", "a field without a name", "RFC 9110 §5.1", _fields(b": nameless", _LENGTH)),
    _case("name-no-token", "a field name that is no token", "RFC 9110 §5.6.2", _fields(b"X(y): 1", _LENGTH)),
    _case("nul-in-value", "NUL in a field value", "RFC 9110 §5.5", _fields(b"X: a\0b", _LENGTH)),
    _case("bare-cr", "CR without LF in a field value", "§2.2", _fields(b"X: a\rb", _LENGTH)),
    _case("bare-lf", "lines that end with LF alone", "§2.2", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
    _case("obs-text", "bytes above 127 in a field value", "RFC 9110 §5.5", _fields(b"X: caf\xe9", _LENGTH), KEEP),
    _case("no-fields", "a head without fields: the body ends with the connection", "§6.3", _fields()),
    _case("long-field", "a field of 100,000 bytes", "§2.2", _fields(b"X: " + b"x" * 100_000, _LENGTH)),
    _case("many-fields", "10,000 fields", "RFC 9110 §5.4", _fields(*[b"X: 1"] * 10_000, _LENGTH)),
    # Content-Length, §6.2
    _case("length-twice-same", "Content-Length twice, and equal", "§6.3", _fields(_LENGTH, _LENGTH), KEEP),
    _case("length-list-same", "Content-Length: 5, 5", "RFC 9110 §8.6", _fields(b"Content-Length: 5, 5"), KEEP),
    _case(
        "length-twice-differs",
        "Content-Length twice, and different",
        "§6.3",
        _fields(_LENGTH, b"Content-Length: 6", body=b"hello!"),
    ),
    _case("length-list-differs", "Content-Length: 5, 6", "§6.3", _fields(b"Content-Length: 5, 6")),
    _case("length-plus", "Content-Length: +5", "RFC 9110 §8.6", _fields(b"Content-Length: +5")),
    _case("length-minus", "Content-Length: -5", "RFC 9110 §8.6", _fields(b"Content-Length: -5")),
    _case("length-hex", "Content-Length: 0x5", "RFC 9110 §8.6", _fields(b"Content-Length: 0x5")),
    _case("length-underscore", "Content-Length: 5_0", "RFC 9110 §8.6", _fields(b"Content-Length: 5_0")),
    _case("length-arabic-digit", "a digit that is not ASCII", "RFC 9110 §8.6", _fields("Content-Length: ٥".encode())),
    _case("length-empty", "Content-Length without a value", "RFC 9110 §8.6", _fields(b"Content-Length:")),
    _case("length-huge", "Content-Length of 30 digits", "RFC 9110 §8.6", _fields(b"Content-Length: " + b"9" * 30)),
    _case("short-body", "the connection ends before the body does", "§8", _fields(b"Content-Length: 50")),
    _case("short-head", "the connection ends within the head", "§8", b"HTTP/1.1 200 OK\r\nContent-Le"),
    _case("nothing", "the connection ends without a byte", "§9.5", b""),
    _case("reset", "a reset within the body", "§8", _fields(b"Content-Length: 50"), RESET),
    _case("stall", "the peer falls silent within the body", "§9.5", _fields(b"Content-Length: 50"), STALL),
    _case("cut", "the end of the body is the end of the connection, without TLS close_notify", "§9.8", _fields(), CUT),
    # Bodies that are not there, §6.3
    _case("204-with-body", "204 with a length and bytes", "§6.3", _status(b"HTTP/1.1 204 No Content"), KEEP),
    _case("304-with-body", "304 with a length and bytes", "§6.3", _status(b"HTTP/1.1 304 Not Modified"), KEEP),
    _case(
        "101",
        "Switching Protocols, unasked",
        "RFC 9110 §15.2.2",
        _fields(b"Upgrade: echo", b"Connection: Upgrade", body=b"", status=b"HTTP/1.1 101 Switching Protocols")
        + b"not HTTP any more",
    ),
    _case("extra-response", "a second response that nobody asked for", "§9.2", _HELLO * 2, KEEP),
    _case("extra-bytes", "bytes behind the body", "§9.2", _HELLO + b"and more", KEEP),
    # Transfer-Encoding, §6.1 and §7.1
    _case(
        "length-and-chunked",
        "Content-Length and Transfer-Encoding at once",
        "§6.3",
        _fields(_LENGTH, b"Transfer-Encoding: chunked", body=b"7\r\nchunked\r\n0\r\n\r\n"),
        KEEP,
    ),
    _case(
        "gzip-last", "a transfer coding whose last is not chunked", "§6.3", _fields(b"Transfer-Encoding: chunked, gzip")
    ),
    _case(
        "unknown-coding",
        "a transfer coding that nobody knows",
        "§6.1",
        _fields(b"Transfer-Encoding: rot13, chunked", body=b"5\r\nuryyb\r\n0\r\n\r\n"),
    ),
    _case(
        "chunked-twice",
        "Transfer-Encoding: chunked, chunked",
        "§6.1",
        _fields(b"Transfer-Encoding: chunked, chunked", body=_FIVE),
    ),
    _case(
        "chunked-1.0",
        "Transfer-Encoding in HTTP/1.0",
        "§6.1",
        _fields(b"Transfer-Encoding: chunked", status=b"HTTP/1.0 200 OK", body=_FIVE),
    ),
    _case("chunk-extension", "chunk extensions", "§7.1.1", _chunks(b'5;a=1;b="x;y"\r\nhello\r\n0;last\r\n\r\n'), KEEP),
    _case(
        "chunk-upper-case",
        "a chunk size in capitals, with zeros",
        "§7.1",
        _chunks(b"000A\r\n0123456789\r\n0\r\n\r\n"),
        KEEP,
    ),
    _case("chunk-trailer", "a trailer field", "§7.1.2", _chunks(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"), KEEP),
    _case("chunk-plus", "a chunk size with a sign", "§7.1", _chunks(b"+5\r\nhello\r\n0\r\n\r\n")),
    _case("chunk-hex-prefix", "a chunk size of 0x5", "§7.1", _chunks(b"0x5\r\nhello\r\n0\r\n\r\n")),
    _case("chunk-junk", "a chunk size that is no number", "§7.1", _chunks(b"five\r\nhello\r\n0\r\n\r\n")),
    _case("chunk-empty-size", "a chunk without a size", "§7.1", _chunks(b"\r\nhello\r\n0\r\n\r\n")),
    _case("chunk-overflow", "a chunk size of 2^64 + 5", "§7.1", _chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n")),
    _case("chunk-no-crlf", "chunk data that is longer than its size", "§7.1", _chunks(b"5\r\nhello!\r\n0\r\n\r\n")),
    _case("chunk-bare-lf", "chunk lines that end with LF alone", "§2.2", _chunks(b"5\nhello\n0\n\n")),
    _case("chunk-no-end", "the connection ends before the last chunk", "§8", _chunks(b"5\r\nhello\r\n")),
    _case("chunk-no-final-crlf", "… or before the blank line behind it", "§8", _chunks(b"5\r\nhello\r\n0\r\n")),
    # Content codings, RFC 9110 §8.4
    _case(
        "gzip-lie",
        "Content-Encoding: gzip on a body that is not",
        "RFC 9110 §8.4",
        _fields(b"Content-Encoding: gzip", _LENGTH),
        KEEP,
    ),
    _case(
        "coding-unknown",
        "a content coding that nobody knows",
        "RFC 9110 §8.4",
        _fields(b"Content-Encoding: rot13", _LENGTH),
        KEEP,
    ),
)
BY_NAME = {case.name: case for case in CASES}
