"""What the journey's scene is told, and what it returns: the visits, every frame, and what the kernels knew."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiments.journey.journey_rows import NeighbourRow, RouteRow
from netlab.network.conditions import Conditions
from netlab.network.frame_record import FrameRecord


@dataclass(frozen=True, slots=True)
class JourneyPlan:
    """Visit `url` `visits` times; `far` are the conditions between the routers. `site`: folders of dnspython and h11,
    for a process that was started without site-packages."""

    url: str
    visits: int
    far: Conditions
    seed: int
    site: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NameLookup:
    """What came of the name. `asked` False: the URL has an address, or the answer was remembered."""

    asked: bool = False
    rcode: str = ""
    addresses: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True)
class ShopResponse:
    """The shop's answer: the digest of its body, and how the body begins."""

    status: int
    sha256: str
    body: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. `failed` says what went wrong, or is empty; then `hint` is empty, too."""

    began_ns: int
    method: str
    sha256: str
    lookup: NameLookup
    response: ShopResponse | None = None
    failed: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class KernelTables:
    """What the hosts' kernels know at the end; `forwarded`: packets by router (IpForwDatagrams)."""

    neighbours: tuple[NeighbourRow, ...]
    routes: tuple[RouteRow, ...]
    forwarded: dict[str, int]


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """A response as the shop made it; `sha256` None where its body is not known."""

    status: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class JourneyResult:
    """`frames` by link; `dns_answers`: what the DNS server answered; `taken`: digests of request bodies that came."""

    visits: tuple[Visit, ...]
    frames: dict[str, list[FrameRecord]]
    epoch_ns: int
    kernel: KernelTables
    dns_answers: tuple[str, ...]
    taken: tuple[str, ...]
    given: tuple[GivenAnswer, ...]
    wire_lost: int
