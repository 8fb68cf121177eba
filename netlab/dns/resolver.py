"""What all resolutions of a resolver share: where the root is, how to ask, within which bounds, and what is
remembered."""

from __future__ import annotations

from dataclasses import dataclass, field

from netlab.dns.cache import Cache, ServersSeen
from netlab.dns.exchange import Rng
from netlab.dns.names import Name


@dataclass(frozen=True, slots=True)
class ResolutionLimits:
    """Bounds of one resolution, all sub-lookups included. Times in seconds."""

    timeout_s: float = 1.0
    total_s: float = 4.5
    max_queries: int = 100
    max_aliases: int = 12
    max_depth: int = 6
    rounds: int = 2


@dataclass(frozen=True, slots=True)
class ResolverPolicy:
    """How to ask."""

    port: int = 53
    tcp: bool = False
    ipv4: bool = True
    ipv6: bool = False
    qmin: bool = False
    all_paths: bool = False
    edns_bytes: int | None = 1232  # what fits into one packet on any path: dnsflagday.net/2020


@dataclass(frozen=True, slots=True)
class Delegation:
    """The servers of a zone, in the order of the NS records: (name, its addresses as far as they are known)."""

    zone: Name
    servers: tuple[tuple[Name, tuple[str, ...]], ...]


@dataclass(slots=True)
class Resolver:
    """What all resolutions share: where the root is, how to ask, what is remembered."""

    hints: Delegation
    rng: Rng
    policy: ResolverPolicy = field(default_factory=ResolverPolicy)
    limits: ResolutionLimits = field(default_factory=ResolutionLimits)
    cache: Cache = field(default_factory=Cache)
    seen: ServersSeen = field(default_factory=ServersSeen)
