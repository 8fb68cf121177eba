"""The miniature Internet: every server of zones/servers.toml at its own loopback address, in one child process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import dns

from netlab.child.handle import Child
from netlab.dns import topology
from netlab.dns.loop import Loop
from netlab.dns.names import ROOT, from_text
from netlab.dns.resolver import Delegation
from netlab.dns.serving import Log, Servers
from netlab.dns.transport import DnsPortInUse
from netlab.errors import NetlabError, UsageError

SITE = str(Path(dns.__file__).parents[1])  # where dnspython is, for children that are started without site-packages
PORT = 5300
_SLOWEST_BYTES_A_SECOND = 5_000  # a tenth of what one busy core was seen to do
_PORTS_TRIED = 40
_NETWORKS_TRIED = 40


def open_servers(
    loop: Loop, folder: str | Path, port: int | None, log: Log | None = None
) -> tuple[Servers, topology.Topology, int, int]:
    """Bind all servers of a folder: at `port`, on the first 127.n.0.0/16 where it is free; or, where `port` is None,
    at the first free port from 5300 on. Returns them with the port and n. UsageError where nothing is free.
    """
    network = topology.NETWORK
    plan = topology.load(Path(folder), network)
    movable = Path(folder) == topology.EMBEDDED
    for attempt in range(_PORTS_TRIED if port is None else _NETWORKS_TRIED):
        try:
            where = PORT + attempt if port is None else port
            return Servers(loop, plan, where, log), plan, where, network
        except DnsPortInUse:
            if port is not None:
                if not movable:
                    raise  # the addresses are the user's own
                network += 1
                plan = topology.load(Path(folder), network)
    raise UsageError(
        f"no place for the servers: tried {'ports' if port is None else 'networks'} "
        f"from {PORT if port is None else topology.NETWORK} on",
        "ss -lunp 'src 127.53.0.0/16' shows who is there",
    )


def hints_of(roots: Iterable[tuple[str, str]]) -> Delegation:
    """Names and addresses of root servers as the delegation that iteration begins with."""
    return Delegation(ROOT, tuple((from_text(name), (address,)) for name, address in roots))


def _patience_s(folder: Path) -> float:
    """How long a start may take: large zone files take their time to be read, and the more so on a busy machine."""
    return 15.0 + sum(path.stat().st_size for path in folder.glob("*.zone") if path.is_file()) / _SLOWEST_BYTES_A_SECOND


class MiniInternet:
    """The servers in a process of their own. Use as a context manager: leaving it leaves nothing behind."""

    def __init__(self, folder: Path = topology.EMBEDDED, port: int | None = None) -> None:
        self._child = Child("netlab.dns.child_main:internet", {"folder": str(folder), "port": port, "site": SITE})
        try:
            ready = self._child.expect(_patience_s(folder))
        except TimeoutError as error:
            self._child.close()
            raise NetlabError(f"the miniature Internet did not start: {error}", self._child.last_words()) from None
        except BaseException:
            self._child.close()
            raise
        self.pid = self._child.pid
        self.port: int = ready["port"]
        self.network: int = ready["network"]
        self.roots: list[tuple[str, str]] = [(name, address) for name, address in ready["roots"]]
        self.servers: int = ready["servers"]
        self.zones: int = ready["zones"]

    @property
    def hints(self) -> Delegation:
        """Where iteration begins."""
        return hints_of(self.roots)

    def __enter__(self) -> MiniInternet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the servers."""
        self._child.close()


class ResolverProcess:
    """A recursive resolver for stubs in a process of its own. Use as a context manager."""

    def __init__(self, net: MiniInternet) -> None:
        self._child = Child("netlab.dns.child_main:resolver", {"roots": net.roots, "port": net.port, "site": SITE})
        try:
            ready = self._child.expect(15.0)
        except TimeoutError as error:
            self._child.close()
            raise NetlabError(f"the resolver did not start: {error}", self._child.last_words()) from None
        except BaseException:
            self._child.close()
            raise
        self.pid = self._child.pid
        self.where: tuple[str, int] = (ready["address"], ready["port"])

    def __enter__(self) -> ResolverProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close()
