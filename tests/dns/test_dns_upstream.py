"""The resolver and the sockets it asks by: servers that cannot be reached, and servers that send anything at all."""

from __future__ import annotations

import random
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.dns import message
from netlab.dns.iterate import Resolution
from netlab.dns.loop import Loop
from netlab.dns.message import AA, QR, Writer
from netlab.dns.names import ROOT, from_text
from netlab.dns.records import TXT, A, RRset, rcode_text
from netlab.dns.resolver import Delegation, ResolutionLimits, Resolver, ResolverPolicy
from netlab.dns.steps import TracedAnswer
from netlab.dns.transport import Upstream

NAME = from_text("my.example")
NO_ROUTE = "255.255.255.255"  # EACCES or ENETUNREACH at once: nothing is sent, socket(7) SO_BROADCAST
MANY = 1500  # with a few calls each, more than Python's stack may be deep


def resolved(
    addresses: tuple[str, ...], port: int, *, tcp: bool, rtype: int = A, queries: int = 100, timeout_s: float = 0.3
) -> tuple[TracedAnswer, Resolution]:
    """A resolution by real sockets that begins at these roots."""
    loop = Loop()
    upstream = Upstream(loop)
    try:
        hints = Delegation(ROOT, ((from_text("root.example"), addresses),))
        limits = ResolutionLimits(timeout_s, 60.0, queries)
        resolver = Resolver(hints, random.Random(7), ResolverPolicy(port=port, tcp=tcp), limits)
        resolution = Resolution(resolver, NAME, rtype, loop.now_s())
        return upstream.resolve(resolution.run()), resolution
    finally:
        upstream.close()
        loop.close()


@pytest.mark.parametrize("tcp", [False, True])
def test_a_thousand_servers_without_a_route_are_tried_one_after_the_other(tcp: bool) -> None:
    answer, resolution = resolved((NO_ROUTE,) * MANY, 53, tcp=tcp, queries=2 * MANY)
    assert rcode_text(answer.rcode) == "SERVFAIL" and resolution.sent == MANY
    assert {str(step.kind) for step in resolution.steps} == {"unreachable"}


@pytest.mark.parametrize("tcp", [False, True])
def test_no_descriptor_left_is_a_failure_in_words(tcp: bool) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    loop = Loop()
    upstream = Upstream(loop)
    try:
        hints = Delegation(ROOT, ((from_text("root.example"), ("127.0.0.1",) * MANY),))
        resolver = Resolver(
            hints,
            random.Random(7),
            ResolverPolicy(port=53, tcp=tcp),
            ResolutionLimits(max_queries=2 * MANY, total_s=600),
        )
        resolution = Resolution(resolver, NAME, A, loop.now_s())
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
        answer = upstream.resolve(resolution.run())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        upstream.close()
        loop.close()
    assert rcode_text(answer.rcode) == "SERVFAIL" and "no socket: too many open files" in answer.reason


@contextmanager
def tcp_server(says: Callable[[bytes], bytes]) -> Iterator[int]:
    """A server by TCP that answers a query with the bytes `says` makes of it, length and all, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    sock, _ = listening.accept()
                except OSError:
                    return  # shut down: the test is over
                with sock:
                    sock.settimeout(10)
                    try:
                        (high, low) = sock.recv(2, socket.MSG_WAITALL)
                        sock.sendall(says(sock.recv(high << 8 | low, socket.MSG_WAITALL)))
                    except (OSError, ValueError):
                        pass  # who asked has gone away

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield int(listening.getsockname()[1])
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(20)


def reply_to(query: bytes, records: list[RRset]) -> bytes:
    asked = message.read_question(query)
    assert asked is not None
    writer = Writer(int.from_bytes(query[:2], "big"), QR | AA, 65535)
    writer.question(asked.name, asked.rtype, query[12 : asked.end - 4])
    for rrset in records:
        assert writer.rrset(0, rrset)
    return writer.finish()


def framed(data: bytes, more: int = 0) -> bytes:
    return ((len(data) + more) & 0xFFFF).to_bytes(2, "big") + data


def good(query: bytes) -> bytes:
    return reply_to(query, [RRset(NAME, A, 60, (b"\1\2\3\4",))])


@given(st.lists(st.binary(max_size=80), max_size=6), st.booleans(), st.booleans())
@examples(40)
def test_any_bytes_by_tcp_are_a_failure_or_are_ignored(chunks: list[bytes], frames: bool, then_good: bool) -> None:
    """Random streams, and random messages in right frames with the right ID, alone or before an honest reply."""

    def says(query: bytes) -> bytes:
        parts = [framed(query[:2] + b"\x80" + chunk) for chunk in chunks] if frames else chunks
        return b"".join(parts) + (framed(good(query)) if then_good else b"")

    with tcp_server(says) as port:
        answer, resolution = resolved(("127.0.0.1",), port, tcp=True)
    assert rcode_text(answer.rcode) in ("SERVFAIL", "NOERROR", "NXDOMAIN") and resolution.sent <= 4
    if then_good and not chunks:
        assert rcode_text(answer.rcode) == "NOERROR"


@pytest.mark.parametrize(
    ("more", "said"),
    [(1, "closed before the reply was complete"), (1000, "closed before"), (-1, "a broken reply"), (-40, "timeout")],
)
def test_a_length_that_lies_is_found_out(more: int, said: str) -> None:
    """Too long: the end comes first. Too short: the message is cut, and what is left of it is no message."""

    def says(query: bytes) -> bytes:
        return framed(good(query), more)

    with tcp_server(says) as port:
        answer, resolution = resolved(("127.0.0.1",), port, tcp=True)
    assert rcode_text(answer.rcode) == "SERVFAIL"
    found = resolution.steps[0].found
    assert said in found or (said == "timeout" and "closed" in found)


def test_a_flood_of_empty_messages_by_tcp_ends_with_the_timeout() -> None:
    with tcp_server(lambda query: bytes(2_000_000)) as port:
        answer, resolution = resolved(("127.0.0.1",), port, tcp=True)
    assert rcode_text(answer.rcode) == "SERVFAIL"
    assert resolution.ignored > 0 and all(len(step.ignored_words) <= 8 for step in resolution.steps)


def test_as_many_records_as_a_message_can_hold() -> None:
    texts = tuple(b"\2%c%c" % divmod(number, 256) for number in range(4000))
    with tcp_server(lambda query: framed(reply_to(query, [RRset(NAME, TXT, 60, texts)]))) as port:
        answer, resolution = resolved(("127.0.0.1",), port, tcp=True, rtype=TXT, timeout_s=30)
    assert rcode_text(answer.rcode) == "NOERROR" and len(answer.answer[0].data) == 4000
    assert resolution.sent == 1
