"""What a server will make of framing fields that a user has written: they are sent as they are, right or wrong.

A request's body ends where these fields say (RFC 9112 §6.3). If they say more than is sent, the server waits for the
rest and the client for the answer; if they say less, the rest is taken for another request (smuggling, RFC 9112 §11.2).
"""

from __future__ import annotations

from collections.abc import Iterable

from netlab.http.events import End, Refused
from netlab.http.response import ResponseParser

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"  # responses and requests have the same chunks


def doubts(fields: Iterable[tuple[bytes, bytes]], body: bytes) -> list[str]:
    """What does not match between the framing fields among `fields` and `body`, and what will come of it; [] if all
    does, or there are no such fields."""
    pairs = [(name.lower(), value) for name, value in fields]
    codings = b",".join(value for name, value in pairs if name == b"transfer-encoding")
    lengths = [value for name, value in pairs if name == b"content-length"]
    if codings:
        found = _by_coding(codings, body)
        if lengths:
            found.append(
                "Transfer-Encoding and Content-Length exclude each other: a server goes by the first, or refuses "
                "(RFC 9112 §6.1)"
            )
        return found
    if not lengths:
        return []
    numbers = {value.strip(b" \t") for line in lengths for value in line.split(b",")}
    if len(numbers) > 1 or not all(number.isdigit() and len(number) < 20 for number in numbers):
        return ["your Content-Length is not one number: the server must refuse the request (RFC 9112 §6.3 item 5)"]
    return _by_length(int(numbers.pop()), len(body))


def _by_length(said: int, size: int) -> list[str]:
    if said > size:
        return [
            f"your Content-Length says {said}, the body has {_bytes(size)}: the server will wait for {said - size} more"
        ]
    return [_leaves(size - said, f"your Content-Length says {said}")] if said < size else []


def _by_coding(codings: bytes, body: bytes) -> list[str]:
    if codings.split(b",")[-1].strip(b" \t").lower() != b"chunked":
        return [
            "your Transfer-Encoding does not end in chunked: a server cannot tell where the body ends, and must refuse "
            "it (RFC 9112 §6.3 item 4)"
        ]
    parser = ResponseParser()
    parser.expect("GET")
    events = parser.feed(_CHUNKED + body)
    end = next((event for event in events if isinstance(event, End)), None)
    if end is not None:
        left = len(body) - (end.end - len(_CHUNKED))
        return [_leaves(left, "your body goes on after its last chunk")] if left else []
    refused = next((event for event in events if isinstance(event, Refused)), None) or parser.diagnose()
    if refused is not None:
        at = refused.start - len(_CHUNKED)
        return [
            f"your Transfer-Encoding says chunked, and the body is no chunks (its byte {at}: {refused.what}): "
            "the server will refuse it"
        ]
    return ["your Transfer-Encoding says chunked, and there is no last chunk: the server will wait for more"]


def _leaves(left: int, why: str) -> str:
    return f"{why}: that leaves {_bytes(left)}, which the server takes for the beginning of another request"


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count} bytes"
