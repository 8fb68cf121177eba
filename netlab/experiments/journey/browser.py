"""The client: names by netlab's own stub resolver (RFC 1034 §5.3.1), pages by its own HTTP client, on a host.

It remembers what it was told for as long as the answer allows (its TTL, RFC 1035 §3.2.1), as browsers do. One question
by UDP is tried three times; one request is one connection, which is closed at the end.
"""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any

from netlab.dns import stub
from netlab.dns.exchange import NameServer
from netlab.dns.loop import Loop
from netlab.dns.message import Message
from netlab.dns.names import Name, from_text, to_text
from netlab.dns.records import CNAME, A, address_text, rcode_text
from netlab.dns.transport import Upstream
from netlab.errors import PeerError
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
        self._known: dict[Name, tuple[list[str], float]] = {}
        self._told: dict[str, Any] = {}

    def visit(self, url: Url) -> dict[str, Any]:
        """Resolve, ask, close; what came of it. "failed" has the words of what went wrong, or is empty."""
        self._told = {
            "asked": False,
            "rcode": "",
            "addresses": [],
            "aliases": [],
            "ttl_s": None,
            "failed": "",
            "hint": "",
            "status": None,
        }
        body = json.dumps({"buy": "tea", "count": 2}).encode() if url.target == ORDER else None
        fields = [(b"Content-Type", b"application/json")] if body else []
        request = Request.to(url, "POST" if body else "GET", fields, body)
        policy = ClientPolicy(timeouts=_TIMES, limits=HeadLimits(kept_body_bytes=2 * MOST_BYTES), max_redirects=0)
        self._told["request"] = {
            "method": request.method,
            "body": request.body.decode(),
            "sha256": sha256(request.body),
        }
        with self._host.namespace.entered():  # every socket that is made here is this host's
            try:
                with Client(policy, resolve=self._resolve) as client:
                    hop = client.once(url, request)
            except PeerError as error:
                self._told["failed"] = error.message
                self._told["hint"] = _WHO if self._told["rcode"] in ("", "NOERROR") else _WHICH
                return self._told
        response, head = hop.response, hop.response.head
        self._told["failed"] = response.problem.what if response.problem else ""
        if head is not None:
            self._told |= {
                "status": head.status,
                "sha256": sha256(bytes(response.body)),
                "body": _readable(bytes(response.body[:200])),
            }
        return self._told

    def _resolve(self, host: str, port: int) -> list[Endpoint]:
        name = from_text(host)
        kept = self._known.get(name)
        if kept is None or kept[1] <= time.monotonic():
            kept = self._ask(name)
            self._known[name] = kept
        self._told["addresses"] = kept[0]
        return [Endpoint(_INET, ip) for ip in kept[0]]

    def _ask(self, name: Name) -> tuple[list[str], float]:
        """The addresses of `name`, and until when (CLOCK_MONOTONIC) they may be remembered. PeerError."""
        self._told["asked"] = True
        loop = Loop()
        upstream = Upstream(loop)
        server = NameServer(from_text("dns"), address("dns"), DNS_PORT)
        try:
            heard = stub.ask(upstream, self._rng, server, name, A, timeout_s=_ASK_S, edns_bytes=None)
        finally:
            upstream.close()
            loop.close()
        self._told["rcode"] = rcode_text(heard.message.rcode)
        if heard.message.rcode:
            raise PeerError(f"{to_text(name)[:-1]}: {self._told['rcode']}, says {server.address}")
        addresses, ttl_s = self._follow(heard.message, name)
        if not addresses:
            raise PeerError(f"{to_text(name)[:-1]}: {server.address} knows the name, and no IPv4 address of it")
        self._told["ttl_s"] = ttl_s
        return addresses, time.monotonic() + ttl_s

    def _follow(self, message: Message, name: Name) -> tuple[list[str], int]:
        """The addresses at the end of the aliases in this answer, and the shortest TTL on the way."""
        sets = {(each.owner, each.rtype): each for each in message.answer}
        shortest = 1 << 31
        for _ in range(_MOST_ALIASES):
            alias = sets.get((name, CNAME))
            if alias is None:
                break
            shortest, name = min(shortest, alias.ttl), alias.targets()[0]
            self._told["aliases"].append(to_text(name)[:-1])
        found = sets.get((name, A))
        if found is None:
            return [], 0
        return [address_text(data) for data in found.data], min(shortest, found.ttl)


def _readable(body: bytes) -> str:
    """Its text; nothing where it is none (a content coding, say)."""
    text = body.decode("utf-8", "replace")
    return "" if "\ufffd" in text[:40] else text
