"""Framing fields that a user has written, against the body that is sent with them."""

from __future__ import annotations

import pytest

from netlab.http.request_framing import doubts

CHUNKED = (b"Transfer-Encoding", b"chunked")


@pytest.mark.parametrize(
    ("fields", "body", "says"),
    [
        ([(b"Content-Length", b"3")], b"hello", "leaves 2 bytes"),
        ([(b"content-length", b"4")], b"hello", "leaves 1 byte,"),
        ([(b"Content-Length", b"9")], b"hello", "will wait for 4 more"),
        ([(b"Content-Length", b"3")], b"", "will wait for 3 more"),
        ([(b"Content-Length", b"5, 6")], b"hello", "must refuse"),
        ([(b"Content-Length", b"9" * 5000)], b"hello", "must refuse"),
        ([(b"Content-Length", b"-5")], b"hello", "must refuse"),
        ([CHUNKED], b"hello", "no chunks (its byte 0"),
        ([CHUNKED], b"h", "no chunks (its byte 0"),
        ([CHUNKED], b"", "will wait for more"),
        ([CHUNKED], b"5\r\nhello\r\n", "will wait for more"),
        ([CHUNKED], b"5\r\nhello\r\n0\r\n\r\nGET", "leaves 3 bytes"),
        ([(b"Transfer-Encoding", b"chunked, gzip")], b"hello", "cannot tell where"),
        ([CHUNKED, (b"Content-Length", b"15")], b"5\r\nhello\r\n0\r\n\r\n", "exclude each other"),
    ],
)
def test_what_will_come_of_it(fields: list[tuple[bytes, bytes]], body: bytes, says: str) -> None:
    (said,) = doubts(fields, body)
    assert says in said


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ([], b"hello"),
        ([(b"Content-Length", b"5")], b"hello"),
        ([(b"Content-Length", b"5, 5")], b"hello"),
        ([CHUNKED], b"5\r\nhello\r\n0\r\n\r\n"),
        ([(b"transfer-encoding", b"gzip"), (b"Transfer-Encoding", b"Chunked")], b"0\r\n\r\n"),
    ],
)
def test_what_matches_is_not_doubted(fields: list[tuple[bytes, bytes]], body: bytes) -> None:
    assert doubts(fields, body) == []
