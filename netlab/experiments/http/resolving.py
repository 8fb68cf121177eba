"""Where the client gets addresses from: --resolve, the system, or netlab's own iteration on the miniature Internet."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from netlab.errors import PeerError, UsageError
from netlab.http.transport import Endpoint, Resolve, literal, system
from netlab.report.phrase import say

RESOLVERS = ("system", "lab")


# Addresses for examples, which belong to nobody: RFC 5737, RFC 3849. Those of the miniature Internet are among them.
_NOWHERE = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")))


@contextmanager
def resolving(resolver: str, given: Sequence[str], stand_in: int | None, said: list[str]) -> Iterator[Resolve]:
    """The function for the client. `given` are HOST:PORT:ADDRESS; what they say comes before anything else.

    `stand_in` is the port on 127.0.0.1 of a server that answers for addresses of the miniature Internet, where none is;
    what that meant for a name is appended to `said`.
    """
    table = dict(map(entry, given))

    def known(host: str, port: int) -> Sequence[Endpoint] | None:
        return table.get((host, port)) or table.get((host, None))

    if resolver == "system":
        yield lambda host, port: known(host, port) or system(host, port)
        return
    if resolver != "lab":
        raise UsageError(f"'{resolver}' is no resolver", f"--resolver {' or '.join(RESOLVERS)}")
    from netlab.experiments.dns.world import StartingPoint, world

    with world(StartingPoint()) as here:

        def by_iteration(host: str, port: int) -> Sequence[Endpoint]:
            return known(host, port) or _reachable(host, _iterated(here, host), stand_in, said)

        yield by_iteration


def _reachable(host: str, found: list[Endpoint], stand_in: int | None, said: list[str]) -> list[Endpoint]:
    """The addresses; for those that exist nowhere, the stand-in."""
    nowhere = [each.text for each in found if any(ipaddress.ip_address(each.text) in net for net in _NOWHERE)]
    if not nowhere or stand_in is None:
        return found
    text = (
        "{host} is {nowhere} in the miniature Internet (netlab dns trace {host}). No such address exists (RFC 5737, "
        "RFC 3849), so the built-in origin answers in its place."
    )
    said.append(say(text, host=host, nowhere=", ".join(nowhere)))
    return [Endpoint(socket.AF_INET, "127.0.0.1", stand_in)]


def _iterated(here: object, host: str) -> list[Endpoint]:
    """Addresses from the root on (netlab dns trace shows the way)."""
    from netlab.dns.iterate import Resolution
    from netlab.dns.records import AAAA, A, address_text, rcode_text
    from netlab.experiments.dns.world import World, question_name

    assert isinstance(here, World)
    found: list[Endpoint] = []
    rcode = 0
    resolver = here.resolver()
    for family, rtype in ((socket.AF_INET, A), (socket.AF_INET6, AAAA)):
        answer = here.upstream.resolve(Resolution(resolver, question_name(host), rtype, here.loop.now_s()).run())
        rcode = rcode or answer.rcode
        for rrset in answer.answer:
            if rrset.rtype == rtype:
                found += [Endpoint(family, address_text(data)) for data in rrset.data]
    if not found:
        said = rcode_text(rcode) if rcode else "no address"
        raise PeerError(f"{host}: the miniature Internet says {said}", f"netlab dns trace {host}")
    return found


def entry(text: str) -> tuple[tuple[str, int | None], list[Endpoint]]:
    """HOST:PORT:ADDRESS[,ADDRESS…]; PORT * is any. UsageError."""
    host, _, rest = text.partition(":")
    port, _, addresses = rest.partition(":")
    found = [literal(address.strip("[]")) for address in addresses.split(",")]
    try:
        for address in addresses.split(","):
            ipaddress.ip_address(address.strip("[]"))
        number = None if port == "*" else int(port)
        if not host or (number is not None and not 0 < number < 65536):
            raise ValueError
    except ValueError:
        raise UsageError(f"--resolve '{text}' is not HOST:PORT:ADDRESS", "www.163.com:80:127.0.0.1") from None
    return (host.lower(), number), [each for each in found if each is not None]
