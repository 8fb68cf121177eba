"""The client: names by netlab's own stub resolver (RFC 1034 §5.3.1), pages by its own HTTP client, on a host.

It remembers what it was told for as long as the answer allows (its TTL, RFC 1035 §3.2.1), as browsers do. One question
by UDP is tried three times; one request is one connection, which is closed at the end.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from random import Random

from netlab.dns import stub
from netlab.dns.exchange import NameServer
from netlab.dns.loop import Loop
from netlab.dns.message import Message
from netlab.dns.names import Name, from_text, to_text
from netlab.dns.records import CNAME, A, address_text, rcode_text
from netlab.dns.transport import Upstream
from netlab.errors import PeerError
from netlab.experiments.journey.journey_result import NameLookup, ShopResponse, Visit
from netlab.experiments.journey.shop import MOST_BYTES, ORDER, sha256
from netlab.experiments.journey.world import DNS_PORT, SHOP_PORTS, address
from netlab.http.client import Client, ClientPolicy
from netlab.http.limits import HeadLimits, Timeouts
from netlab.http.request import Request
from netlab.http.transport import Endpoint
from netlab.http.url import Url
from netlab.network.host import Host

_ASK_S, _TIMES = 2.0, Timeouts(connect_s=20.0, idle_s=20.0, total_s=40.0)
_MOST_ALIASES = 8
_WHICH = "The shop of this network is www.kaola.com, kaola.com or m.kaola.com"
_WHO = f"The shop is at {address('shop')}, and listens at ports {' and '.join(map(str, SHOP_PORTS))}"
_INET = 2


class Browser:
    """On `host`. `visit` is what it is for."""

    def __init__(self, host: Host, seed: int) -> None:
        self._host = host
        self._rng = Random(f"{seed} browser")
        self._known: dict[Name, tuple[tuple[str, ...], float]] = {}
        self._lookup = NameLookup()

    def visit(self, url: Url) -> Visit:
        """Resolve, ask, close; what came of it."""
        self._lookup = NameLookup()
        began_ns = time.monotonic_ns()
        body = json.dumps({"buy": "tea", "count": 2}).encode() if url.target == ORDER else None
        fields = [(b"Content-Type", b"application/json")] if body else []
        request = Request.to(url, "POST" if body else "GET", fields, body)
        sent = began_ns, request.method, sha256(request.body)
        policy = ClientPolicy(timeouts=_TIMES, limits=HeadLimits(kept_body_bytes=2 * MOST_BYTES), max_redirects=0)
        with self._host.namespace.entered():  # every socket that is made here is this host's
            try:
                with Client(policy, resolve=self._resolve) as client:
                    response = client.once(url, request).response
            except PeerError as error:
                hint = _WHO if self._lookup.rcode in ("", "NOERROR") else _WHICH
                return Visit(*sent, self._lookup, failed=error.message, hint=hint)
        failed = response.problem.what if response.problem else ""
        if response.head is None:
            return Visit(*sent, self._lookup, failed=failed)
        whole = bytes(response.body)
        answer = ShopResponse(response.head.status, sha256(whole), _readable(whole[:200]))
        return Visit(*sent, self._lookup, answer, failed)

    def _resolve(self, host: str, port: int) -> list[Endpoint]:
        name = from_text(host)
        addresses, until_s = self._known.get(name, ((), 0.0))
        if until_s <= time.monotonic():
            addresses, until_s = self._known[name] = self._ask(name)
        self._lookup = replace(self._lookup, addresses=addresses)
        return [Endpoint(_INET, ip) for ip in addresses]

    def _ask(self, name: Name) -> tuple[tuple[str, ...], float]:
        """The addresses of `name`, and until when (CLOCK_MONOTONIC) they may be remembered. PeerError."""
        self._lookup = NameLookup(asked=True)
        loop = Loop()
        upstream = Upstream(loop)
        server = NameServer(from_text("dns"), address("dns"), DNS_PORT)
        try:
            heard = stub.ask(upstream, self._rng, server, name, A, timeout_s=_ASK_S, edns_bytes=None)
        finally:
            upstream.close()
            loop.close()
        host, rcode = to_text(name)[:-1], rcode_text(heard.message.rcode)
        self._lookup = NameLookup(True, rcode)
        if heard.message.rcode:
            raise PeerError(f"{host}: {rcode}, says {server.address}")
        addresses, aliases, ttl_s = _follow(heard.message, name)
        if not addresses:
            raise PeerError(f"{host}: {server.address} knows the name, and no IPv4 address of it")
        self._lookup = NameLookup(True, rcode, addresses, aliases, ttl_s)
        return addresses, time.monotonic() + ttl_s


def _follow(message: Message, name: Name) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """The addresses at the end of the aliases in this answer, the aliases, and the shortest TTL on the way."""
    sets = {(each.owner, each.rtype): each for each in message.answer}
    shortest = 1 << 31
    aliases: list[str] = []
    while (alias := sets.get((name, CNAME))) is not None and len(aliases) < _MOST_ALIASES:
        shortest, name = min(shortest, alias.ttl), alias.targets()[0]
        aliases.append(to_text(name)[:-1])
    found = sets.get((name, A))
    if found is None:
        return (), (), 0
    return tuple(map(address_text, found.data)), tuple(aliases), min(shortest, found.ttl)


def _readable(body: bytes) -> str:
    """Its text; nothing where it is none (a content coding, say)."""
    text = body.decode("utf-8", "replace")
    return "" if "\ufffd" in text[:40] else text
