"""The address book and the shop at their sockets: each in a thread, with sockets made in its own host's namespace.

A socket stays in the namespace it was made in (network_namespaces(7)), and so do the connections that a listening one
accepts. So one process serves both hosts, and neither can be reached but over the wires.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Thread

from netlab.dns import topology
from netlab.dns.authority import Authority
from netlab.dns.loop import Loop
from netlab.dns.serving import AuthorityService, Logged
from netlab.dns.transport import Listener
from netlab.dns.zone import Zone, parse, read_file
from netlab.errors import NetlabError
from netlab.experiments.journey.shop import Shop
from netlab.experiments.journey.world import DNS_PORT, SHOP_PORTS
from netlab.http_origin.server import OriginServer
from netlab.http_origin.settings import Settings
from netlab.network.host import Host

ROOT_ZONE = Path(__file__).parent / "zones" / "root.zone"
SHOP_ZONE = topology.EMBEDDED / "kaola.com.zone"
_PATIENCE_S = 10.0


def zones() -> list[Zone]:
    """What the address book knows: the shop's zone of the miniature Internet, and that there is nothing else."""
    return [parse(read_file(path)) for path in (ROOT_ZONE, SHOP_ZONE)]


class AddressBook:
    """An authoritative DNS server on `host`. `asked`: every question and its answer."""

    def __init__(self, host: Host) -> None:
        self.asked: list[Logged] = []
        self._loop = Loop()
        service = AuthorityService("dns", Authority(zones()), self.asked.append, self._loop.now_s, _nobody)
        with host.namespace.entered():
            self._listener = Listener(self._loop, (host.ip, DNS_PORT), service, Counter())
        self._thread = Thread(target=self._loop.run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more questions."""
        self._loop.stop()
        self._thread.join(_PATIENCE_S)
        if self._thread.is_alive():
            raise NetlabError(f"the address book did not stop within {_PATIENCE_S:g} s")
        self._listener.close()
        self._loop.close()


class OpenShop:
    """The shop's HTTP servers on `host`, one a port. `site` knows what was ordered."""

    def __init__(self, host: Host) -> None:
        self.site = Shop()
        with host.namespace.entered():
            self._servers = [OriginServer(Settings(host.ip, port), self.site, None) for port in SHOP_PORTS]
        self._threads = [Thread(target=server.run, daemon=True) for server in self._servers]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Shut."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.stop()
            thread.join(_PATIENCE_S)
            server.close()


def _nobody() -> None:
    """No secondary wants to hear of changes."""
