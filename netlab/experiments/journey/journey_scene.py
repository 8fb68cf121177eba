"""The journey, played: in the process that holds the network. What was seen, and no judgement."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

_PATIENCE_S = 30.0
_PAUSE_S = 0.005
_STILL_S = 0.1


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Visit `config["url"]` `config["times"]` times.

    This process was started without site-packages; `config["site"]` says where dnspython and h11 are.
    """
    sys.path += config["site"]
    from netlab.experiments.journey import world
    from netlab.experiments.journey.browser import Browser
    from netlab.experiments.journey.servers import AddressBook, OpenShop
    from netlab.http.transport import literal
    from netlab.http.url import parse
    from netlab.network.conditions import Conditions
    from netlab.network.private import PrivateNetwork

    url = parse(config["url"])
    with PrivateNetwork(world.HOSTS, world.links(Conditions.read(config["far"])), config["seed"]) as lab:
        book, shop = AddressBook(lab.hosts["dns"]), OpenShop(lab.hosts["shop"])
        browser = Browser(lab.hosts["client"], config["seed"])
        visits = []
        for number in range(config["times"]):
            report_progress((number + 0.5) / (config["times"] + 1), "on the way")
            began_ns = time.monotonic_ns()
            told = browser.visit(url)
            _ended(lab)
            visits.append({**told, "began_ns": began_ns})
        _quiet(lab, 2 * config["far"]["delay_s"] + _STILL_S)
        kernel = _kernel(lab, visits[0]["addresses"] or ([url.host] if literal(url.host) else []))
        shop.close()
        book.close()
        other = {link.name: dict(_both_ways(link.ends)) for link in world.links(Conditions())}
        frames = [
            {
                "link": link,
                "sender": one.sender,
                "receiver": other[link][one.sender],
                "sent_ns": one.sent_ns,
                "arrived_ns": one.arrived_ns,
                "fate": one.fate,
                "frame": one.frame.hex(),
            }
            for link, passed in lab.stop().items()
            for one in passed
        ]
    return {
        "visits": visits,
        "frames": frames,
        "epoch_ns": time.time_ns() - time.monotonic_ns(),
        "kernel": kernel,
        "questions": [[each.client, each.question, each.answer] for each in book.asked],
        "wire_lost": lab.lost,
        "taken": shop.site.taken,
        "given": [[each.status, each.digest.hexdigest() if each.whole else None] for each in shop.site.given],
    }


def _both_ways(ends: Any) -> list[tuple[str, str]]:
    (one, _), (two, _) = ends
    return [(one, two), (two, one)]


def _ended(lab: Any) -> None:
    """Wait until no connection is left but in TIME-WAIT: what was sent last has then come."""
    from netlab.errors import NetlabError
    from netlab.linux.diag import Diag

    over = {"LISTEN", "TIME-WAIT", "CLOSED"}
    for name in ("client", "shop"):
        with lab.hosts[name].namespace.entered():
            diag = Diag()
        deadline_s = time.monotonic() + _PATIENCE_S
        while any(sock.state not in over for sock in diag.tcp()):
            if time.monotonic() > deadline_s:
                raise NetlabError(f"the connection was not closed within {_PATIENCE_S:g} s")
            time.sleep(_PAUSE_S)
        diag.close()


def _forwarded(lab: Any) -> dict[str, int]:
    """How many packets each router has sent on, as its kernel counts them."""
    from netlab.experiments.journey import world
    from netlab.linux import counters

    counted = {}
    for name, host in lab.hosts.items():
        if world.plan(name).kind == "router":
            with host.namespace.entered():
                counted[name] = counters.read()["IpForwDatagrams"]
    return counted


def _quiet(lab: Any, still_s: float) -> None:
    """Wait until no router has forwarded anything for so long: a repeated ACK may still be on its way."""
    deadline_s = time.monotonic() + _PATIENCE_S
    before = _forwarded(lab)
    while time.monotonic() < deadline_s:
        time.sleep(still_s)
        now = _forwarded(lab)
        if now == before:
            return
        before = now


def _kernel(lab: Any, places: list[str]) -> dict[str, Any]:
    """What the kernels know after the visit: neighbours, routes, and how many packets each router has forwarded."""
    from netlab.addressing import prefix
    from netlab.experiments.journey import world
    from netlab.linux import neighbours, netlink, routes

    def decided(host: str, destination: str) -> dict[str, Any]:
        told: dict[str, Any] = {"host": host, "destination": destination, "kind": "", "interface": "", "gateway": None}
        try:
            with lab.hosts[host].namespace.entered():
                found = routes.decide(prefix.parse(destination))
                told |= {"kind": found.kind, "interface": found.interface}
        except netlink.RefusedError as error:
            told["kind"] = str(error)
        else:
            told["gateway"] = found.gateway.text_of(found.gateway.value) if found.gateway else None
        return told

    asked = [("client", world.address("dns"))]
    asked += [(host, place) for place in places[:1] for host in ("client", "gateway", "router")]
    asked += [(host, world.address("client")) for host in ("shop", "router", "gateway")]
    tables = []
    for name, host in lab.hosts.items():
        with host.namespace.entered():
            tables += [
                {
                    "host": name,
                    "interface": each.interface,
                    "ip": each.address.text_of(each.address.value),
                    "mac": str(each.mac) if each.mac else None,
                    "state": each.state,
                }
                for each in neighbours.neighbours()
            ]
    return {"neighbours": tables, "routes": [decided(*each) for each in asked], "forwarded": _forwarded(lab)}
