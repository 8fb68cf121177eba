"""The journey, played: in the process that holds the network. What was seen, and no judgement."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from netlab.addressing import prefix
from netlab.errors import NetlabError
from netlab.experiments.journey import world
from netlab.experiments.journey.journey_result import JourneyPlan, JourneyResult, KernelTables, Visit
from netlab.experiments.journey.journey_rows import NO_GATEWAY, NeighbourRow, RouteRow
from netlab.http.transport import literal
from netlab.http.url import parse
from netlab.linux import neighbours, netlink, network_counters, routes
from netlab.linux.diag import Diag
from netlab.network.private import PrivateNetwork
from netlab.network.scene import ReportProgress

_PATIENCE_S = 30.0
_PAUSE_S = 0.005
_STILL_S = 0.1


def play(plan: JourneyPlan, report_progress: ReportProgress) -> JourneyResult:
    """Visit the URL."""
    sys.path += plan.site
    from netlab.experiments.journey.browser import Browser
    from netlab.experiments.journey.servers import AddressBook, OpenShop

    url = parse(plan.url)
    with PrivateNetwork(world.HOSTS, world.links(plan.far), plan.seed) as network:
        book, shop = AddressBook(network.hosts["dns"]), OpenShop(network.hosts["shop"])
        browser = Browser(network.hosts["client"], plan.seed)
        visits: list[Visit] = []
        for number in range(plan.visits):
            report_progress((number + 0.5) / (plan.visits + 1), "on the way")
            visits.append(browser.visit(url))
            _wait_for_connections(network)
        _wait_for_routers(network, 2 * plan.far.delay_s + _STILL_S)
        places = visits[0].lookup.addresses or ([url.host] if literal(url.host) else [])
        kernel = _kernel(network, places[0] if places else None)
        shop.close()
        book.close()
        frames = network.stop()
    answers = tuple(each.answer for each in book.asked)
    taken, given = tuple(shop.site.taken), tuple(each.finished() for each in shop.site.given)
    epoch_ns = time.time_ns() - time.monotonic_ns()
    return JourneyResult(tuple(visits), frames, epoch_ns, kernel, answers, taken, given, network.lost)


def _wait_for_connections(network: PrivateNetwork) -> None:
    """Until no connection is left but in TIME-WAIT: what was sent last has then arrived."""
    over = {"LISTEN", "TIME-WAIT", "CLOSED"}
    for name in ("client", "shop"):
        with network.hosts[name].namespace.entered():
            diag = Diag()
        deadline_s = time.monotonic() + _PATIENCE_S
        while any(sock.state not in over for sock in diag.tcp()):
            if time.monotonic() > deadline_s:
                raise NetlabError(f"the connection was not closed within {_PATIENCE_S:g} s")
            time.sleep(_PAUSE_S)
        diag.close()


def _wait_for_routers(network: PrivateNetwork, still_s: float) -> None:
    """Until no router has forwarded anything for that long: a repeated ACK may still be on its way."""
    deadline_s = time.monotonic() + _PATIENCE_S
    before = None
    while (now := _forwarded(network)) != before and time.monotonic() < deadline_s:
        before = now
        time.sleep(still_s)


def _forwarded(network: PrivateNetwork) -> dict[str, int]:
    """How many packets each router has sent on, as its kernel counts them."""
    counted: dict[str, int] = {}
    for name, host in network.hosts.items():
        if world.plan(name).kind == "router":
            with host.namespace.entered():
                counted[name] = network_counters.read()["IpForwDatagrams"]
    return counted


def _kernel(network: PrivateNetwork, place: str | None) -> KernelTables:
    """Neighbours, routes to the shop's `place` and back, and how many packets each router has forwarded."""
    asked = [("client", world.address("dns"))]
    asked += [(host, place) for host in ("client", "gateway", "router") if place]
    asked += [(host, world.address("client")) for host in ("shop", "router", "gateway")]
    decided = tuple(_route(network, host, destination) for host, destination in asked)
    return KernelTables(tuple(_neighbours(network)), decided, _forwarded(network))


def _neighbours(network: PrivateNetwork) -> Iterator[NeighbourRow]:
    for name, host in network.hosts.items():
        with host.namespace.entered():
            for each in neighbours.neighbours():
                ip, mac = each.address.text_of(each.address.value), str(each.mac) if each.mac else None
                yield NeighbourRow(name, each.interface, ip, mac, each.state)


def _route(network: PrivateNetwork, host: str, destination: str) -> RouteRow:
    try:
        with network.hosts[host].namespace.entered():
            found = routes.decide(prefix.parse(destination))
    except netlink.RefusedError as error:
        return RouteRow(host, destination, str(error), "")
    if found.gateway:
        return RouteRow(host, destination, found.gateway.text_of(found.gateway.value), found.interface)
    return RouteRow(host, destination, NO_GATEWAY if found.interface else found.kind, found.interface)
