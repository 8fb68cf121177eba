"""The story of a resolution: one Step for each query sent, and for each thing the resolver knew or refused without
asking."""

from __future__ import annotations

from dataclasses import dataclass, field

from netlab.dns.names import Name
from netlab.dns.readings import Dropped, Outcome
from netlab.dns.records import RRset


@dataclass(slots=True)
class ResolutionStep:
    """What was asked of whom, what came, and what followed. Times in seconds by the caller's clock; sizes in octets.

    `depth` 0 is the question itself; each lookup of a name server's address is one deeper, and `purpose` says which.
    `why`: why this server was asked this. `then`: why the resolver went where it went next.
    """

    depth: int
    purpose: str
    zone: Name
    name: Name
    rtype: int
    kind: Outcome
    why: str = ""
    then: str = ""
    server: Name | None = None
    address: str | None = None
    port: int | None = None
    transport: str | None = None
    edns: bool | None = None
    started_s: float | None = None
    rtt_s: float | None = None
    sent_bytes: int = 0
    received_bytes: int | None = None
    flags: list[str] = field(default_factory=list)
    rcode: int | None = None
    found: str = ""
    answer: list[RRset] = field(default_factory=list)
    authority: list[RRset] = field(default_factory=list)
    additional: list[RRset] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    ignored: int = 0
    ignored_words: list[str] = field(default_factory=list)
    extra: bool = False

    @property
    def asked(self) -> bool:
        """True where a query was sent."""
        return self.address is not None


@dataclass(slots=True)
class TracedAnswer:
    """How a resolution ended. `answer` holds the aliases followed and the records; `authority` the SOA that said no."""

    rcode: int
    answer: list[RRset] = field(default_factory=list)
    authority: list[RRset] = field(default_factory=list)
    reason: str = ""
    from_cache: bool = False
