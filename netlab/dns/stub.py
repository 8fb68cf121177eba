"""A stub resolver: one recursive query to one server, over TCP if the answer was cut (RFC 1034 §5.3.1, RFC 7766)."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.dns.exchange import NameServer, Query, Reply, Rng, open_exchange
from netlab.dns.message import RD, TC, Message
from netlab.dns.names import Name
from netlab.dns.transport import Upstream
from netlab.errors import PeerError

TRIES = 3


@dataclass(frozen=True, slots=True)
class StubAnswer:
    """What a stub was told. `rtt_s` is of the last exchange; `tries` counts datagrams and connections."""

    message: Message
    transport: str
    rtt_s: float
    sent_bytes: int
    tries: int
    ignored: int


def ask(
    upstream: Upstream,
    rng: Rng,
    server: NameServer,
    name: Name,
    rtype: int,
    *,
    tcp: bool = False,
    timeout_s: float = 5.0,
    edns_bytes: int | None = 1232,
    tries: int = TRIES,
) -> StubAnswer:
    """Ask, and wait for the answer. PeerError where none comes."""
    problem, ignored, failed, sent = "", 0, 0, 0
    while failed < tries:
        exchange = _query(rng, server, name, rtype, tcp, timeout_s, edns_bytes)
        heard: Reply = upstream.wait(exchange)
        sent += 1
        ignored += exchange.ignored
        if heard.message is not None and heard.message.flags & TC and not tcp:
            tcp = True  # that was an answer, and no failure
            continue
        if heard.message is not None:
            sent_s = heard.sent_s if heard.sent_s is not None else heard.now_s
            return StubAnswer(
                heard.message, exchange.transport, heard.now_s - sent_s, len(exchange.payload), sent, ignored
            )
        failed += 1
        problem = heard.problem or f"no reply within {timeout_s:g} s"
        tcp = tcp or exchange.case_lost
        if heard.problem:
            break
    where = f"[{server.address}]" if ":" in server.address else server.address
    raise PeerError(
        f"{where}:{server.port} did not answer: {problem}", "is a DNS server running there? netlab dns serve starts one"
    )


def _query(
    rng: Rng, server: NameServer, name: Name, rtype: int, tcp: bool, timeout_s: float, edns_bytes: int | None
) -> Query:
    transport = "tcp" if tcp else "udp"
    return open_exchange(
        rng, server, name, rtype, transport=transport, timeout_s=timeout_s, edns_bytes=edns_bytes, flags=RD
    )
