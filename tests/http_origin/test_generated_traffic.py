"""Valid responses that nobody has thought of, written by h11 and sent by the origin in pieces: netlab's client, h11 and
http.client read the same from them, and the connection is as usable afterwards as the head says."""

from __future__ import annotations

import http.client
import ssl
import urllib.request
from collections.abc import Iterator

import h11
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from origin_peer import PATIENCE_S, body_of, by_h11, curl

from netlab.http.client import Client
from netlab.http.request import Request
from netlab.http.url import parse
from netlab.http_origin import Origin

NAMES = st.from_regex(r"\AX-[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}\Z")
VALUES = st.from_regex(r"\A([\x21-\x7e\xa1-\xff]([\t\x20-\x7e\xa1-\xff]{0,30}[\x21-\x7e\xa1-\xff])?)?\Z")
BODIES = st.lists(st.binary(min_size=1, max_size=200), max_size=6)


@st.composite
def responses(draw: st.DrawFn) -> tuple[bytes, int, list[tuple[bytes, bytes]], bytes, bool]:
    """The bytes of a response, and what they are to be read as: status, fields, body, and whether it can be kept."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    while not isinstance(server.next_event(), h11.EndOfMessage):
        pass
    status = draw(st.sampled_from([200, 201, 203, 204, 206, 304, 400, 404, 500, 599]))
    fields = draw(st.lists(st.tuples(NAMES, VALUES), max_size=8))
    pieces = draw(BODIES) if status not in (204, 304) else []
    headers = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    framed = draw(st.booleans())
    if framed and status not in (204, 304):
        headers.append((b"Content-Length", b"%d" % sum(map(len, pieces))))
    if draw(st.booleans()):
        headers.append((b"Connection", b"close"))
    reason = draw(st.sampled_from([b"", b"OK", b"What a nice day", b"caf\xe9"]))
    wire = b"".join(
        server.send(h11.InformationalResponse(status_code=103, headers=[], reason=b"Early Hints")) or b""
        for _ in range(draw(st.integers(0, 2)))
    )
    wire += server.send(h11.Response(status_code=status, headers=headers, reason=reason)) or b""
    for piece in pieces:
        wire += server.send(h11.Data(data=piece)) or b""
    wire += server.send(h11.EndOfMessage()) or b""
    kept = server.our_state is h11.DONE
    return wire, status, [field for field in headers if field[0].startswith(b"X-")], b"".join(pieces), kept


@given(responses(), st.integers(1, 60))
@examples(60)
def test_three_clients_read_the_same(
    bare: Origin, response: tuple[bytes, int, list[tuple[bytes, bytes]], bytes, bool], piece: int
) -> None:
    wire, status, fields, body, kept = response
    target = f"/wire/hex/{wire.hex()}?end=keep&piece={piece}"
    with Client() as client:
        url = parse(bare.url + target)
        for _ in range(2):  # twice: what is left over from the first would spoil the second
            hop = client.once(url, Request.to(url))
            head = hop.response.checked()
            assert (head.status, bytes(hop.response.body)) == (status, body)
            assert [each for each in head.fields if each[0].startswith(b"X-")] == fields
            assert hop.connection.reusable == kept
        assert client.opened == (1 if kept else 2)
    events = by_h11(bare, target)
    theirs = next(event for event in events if isinstance(event, h11.Response))
    assert (theirs.status_code, body_of(events)) == (status, body)
    if b"HTTP/1.1 103 " not in wire:  # http.client takes a 103 for the response itself
        connection = http.client.HTTPConnection(bare.host, bare.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", target)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (status, body)
        finally:
            connection.close()


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 65535, 65536, 65537, 1_000_003])
def test_bodies_around_the_sizes_that_buffers_have(origin: Origin, size: int) -> None:
    """netlab's client receives long bodies straight into their place; http.client does not."""
    for url, body in bodies_received(origin, size):
        with urllib.request.urlopen(url, timeout=PATIENCE_S, context=ssl._create_unverified_context()) as response:
            assert body == response.read()


@pytest.mark.peers
@pytest.mark.parametrize("size", [0, 1023, 65536, 1_000_003])
def test_curl_receives_the_same_bodies(origin: Origin, size: int) -> None:
    for url, body in bodies_received(origin, size):
        assert body == curl("--insecure", url).stdout


def bodies_received(origin: Origin, size: int) -> Iterator[tuple[str, bytes]]:
    """Each address of a body of this size, and what netlab's client receives from it."""
    from netlab.http.client import ClientPolicy
    from netlab.http.tls import TlsPolicy

    with Client(ClientPolicy(tls=TlsPolicy(cacert=origin.cacert))) as client:
        for base in (origin.plain_url, origin.url):
            for query in ("", "?chunked=1"):
                url = parse(f"{base}/big/{size}{query}")
                response = client.once(url, Request.to(url)).response
                assert response.problem is None
                yield str(url), bytes(response.body)
