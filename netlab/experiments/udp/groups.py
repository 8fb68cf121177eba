"""Broadcast and multicast, as `netlab udp-behaviour` has seen them: who got a copy, and what was on the wire.

Follows RFC 919 (broadcast), RFC 1112 (multicast) and RFC 3376 (IGMP, by which a host says which groups it listens to).
"""

from __future__ import annotations

from collections.abc import Sequence

from netlab.experiments.udp.groups_scene import BROADCAST, GROUP
from netlab.experiments.wire.trace import Trace
from netlab.packets.dissect import Dissection
from netlab.packets.ethernet import Ethernet
from netlab.packets.igmp import Igmp, IgmpReport
from netlab.packets.ipv4 import Ipv4
from netlab.report.quantity import Column, Draft, Table, Value

_TO_EXCLUDE, _TO_INCLUDE = 4, 3  # kinds of record: everything but nothing, that is joining; nothing, that is leaving


def report(draft: Draft, seen: Trace) -> None:
    """Both, and the table of copies."""
    _broadcast(draft, seen)
    _multicast(draft, seen)
    rows: list[tuple[Value, ...]] = []
    for name, to in (("broadcast", BROADCAST), ("multicast", GROUP)):
        rows += [(to, socket, len(got)) for socket, got in seen.result[name]["copies"].items()]
    draft.tables.append(
        Table("copies", (Column("sent to", ""), Column("socket", ""), Column("copies", "1")), tuple(rows))
    )


def _to(seen: Trace, destination: str) -> list[Dissection]:
    """Frames whose IP destination this is."""
    found = []
    for *_, each in seen.frames:
        header = each.find(Ipv4)
        if header is not None and header.destination == destination:
            found.append(each)
    return found


def _addresses(frames: Sequence[Dissection]) -> str:
    """The MAC addresses they went to, each once."""
    headers = (each.find(Ethernet) for each in frames)
    return ", ".join(sorted({header.destination for header in headers if header is not None}))


def _broadcast(draft: Draft, seen: Trace) -> None:
    told = seen.result["broadcast"]
    frames = _to(seen, BROADCAST)
    copies = {name: len(got) for name, got in told["copies"].items()}
    draft.check("to send to everybody needs SO_BROADCAST", "socket(7)", "EACCES", told["refused"])
    draft.check(
        "a broadcast goes to the MAC address of everybody",
        "RFC 919 §4; RFC 894",
        "ff:ff:ff:ff:ff:ff × 1",
        f"{_addresses(frames)} × {len(frames)}",
    )
    draft.check(
        "every socket bound to the port gets a copy; one bound to the host's own address does not",
        "RFC 1122 §4.1.3.5; SO_REUSEADDR",
        "1, 1, 0",
        ", ".join(map(str, copies.values())),
    )


def _multicast(draft: Draft, seen: Trace) -> None:
    copies = seen.result["multicast"]["copies"]
    frames = _to(seen, GROUP)
    data = [each for each in frames if each.find(Igmp) is None]
    draft.check(
        "a group's MAC address is made from its IP address: its last 23 bits",
        "RFC 1112 §6.4",
        "01:00:5e:01:02:03",
        _addresses(data),
    )
    ttl = {header.ttl for each in data if (header := each.find(Ipv4)) is not None}
    draft.check(
        "multicast leaves with a TTL of 1: no router passes it on",
        "RFC 1112 §6.1; ip(7)",
        "1",
        ", ".join(map(str, sorted(ttl))),
    )
    draft.check(
        "each member gets a copy, and only while it is one",
        "RFC 1112 §7.1",
        "during; during",
        "; ".join(", ".join(copies[name]) for name in ("member", "member, too")),
    )
    draft.check(
        "who is no member gets none, if the socket insists on that",
        "ip(7), IP_MULTICAST_ALL",
        0,
        len(copies["no member, IP_MULTICAST_ALL 0"]),
    )
    said = _said(seen)
    draft.check(
        "a host that joins and leaves says so to its routers", "RFC 3376 §5.1", "joins, leaves", ", ".join(said)
    )
    if copies["no member"]:
        draft.findings.append(
            "A socket that joined nothing got the group's datagram, too: on Linux it is enough that any socket of the "
            "host is a member, unless IP_MULTICAST_ALL is turned off (ip(7)). Filter by port, or turn it off."
        )


def _said(seen: Trace) -> list[str]:
    """What the server reported of the group, repetitions left out: IGMP sends each report again, for fear of loss."""
    words = {_TO_EXCLUDE: "joins", _TO_INCLUDE: "leaves"}
    said: list[str] = []
    for *_, found in seen.frames:
        header = found.find(Igmp)
        for record in header.groups() if isinstance(header, IgmpReport) else []:
            word = words.get(record.type, f"record {record.type}")
            if record.group == GROUP and said[-1:] != [word]:
                said.append(word)
    return said
