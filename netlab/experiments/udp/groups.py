"""Broadcast and multicast, as `netlab udp-behaviour` has seen them: who got a copy, and what was on the wire.

Follows RFC 919 (broadcast), RFC 1112 (multicast) and RFC 3376 (IGMP, by which a host says which groups it listens to).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlab.experiments.udp.behaviour_rows import CopyRow
from netlab.experiments.udp.groups_scene import BROADCAST, GROUP, Broadcast
from netlab.experiments.wire.trace import Trace
from netlab.packets.dissect import Dissection
from netlab.packets.ethernet import Ethernet
from netlab.packets.igmp import Igmp, IgmpReport
from netlab.packets.ipv4 import Ipv4
from netlab.report.quantity import Draft, Evidence
from netlab.report.rows import table_of

_COPIES = Evidence(table="copies")
_SAID = {4: "joins", 3: "leaves"}  # kinds of IGMP record: to exclude nothing, to include nothing


def report(draft: Draft, seen: Trace, broadcast: Broadcast, multicast: Mapping[str, Sequence[str]]) -> None:
    """Both, and the table of copies."""
    _broadcast(draft, seen, broadcast)
    _multicast(draft, seen, multicast)
    copies = {BROADCAST: broadcast.copies, GROUP: multicast}
    rows = [CopyRow(to, name, len(got)) for to, sockets in copies.items() for name, got in sockets.items()]
    draft.tables.append(table_of(CopyRow, rows))


def _to(seen: Trace, destination: str) -> list[tuple[Dissection, Ipv4]]:
    """Frames whose IP destination this is."""
    found = [(each.found, each.found.find(Ipv4)) for each in seen.frames]
    return [(each, header) for each, header in found if header is not None and header.destination == destination]


def _sent_to(seen: Trace, destination: str) -> list[Evidence]:
    """Those frames, as the recording numbers them."""
    found = [(number, each.found.find(Ipv4)) for number, each in enumerate(seen.frames, start=1)]
    return [Evidence(packet=number) for number, ip in found if ip is not None and ip.destination == destination]


def _addresses(frames: Sequence[tuple[Dissection, Ipv4]]) -> str:
    """The MAC addresses they went to, each once."""
    headers = (each.find(Ethernet) for each, _ in frames)
    return ", ".join(sorted({header.destination for header in headers if header is not None}))


def _broadcast(draft: Draft, seen: Trace, result: Broadcast) -> None:
    frames = _to(seen, BROADCAST)
    draft.check("to send to everybody needs SO_BROADCAST", "socket(7)", "EACCES", result.refused)
    sent = f"{_addresses(frames)} × {len(frames)}"
    everybody = "a broadcast goes to the MAC address of everybody"
    draft.check(everybody, "RFC 919 §4; RFC 894", "ff:ff:ff:ff:ff:ff × 1", sent, *_sent_to(seen, BROADCAST))
    copies = ", ".join(str(len(got)) for got in result.copies.values())
    each_socket = "every socket bound to the port gets a copy; one bound to the host's own address does not"
    draft.check(each_socket, "RFC 1122 §4.1.3.5; SO_REUSEADDR", "1, 1, 0", copies, _COPIES)


def _multicast(draft: Draft, seen: Trace, copies: Mapping[str, Sequence[str]]) -> None:
    data = [(each, header) for each, header in _to(seen, GROUP) if each.find(Igmp) is None]
    mapped = "a group's MAC address is made from its IP address: its last 23 bits"
    draft.check(mapped, "RFC 1112 §6.4", "01:00:5e:01:02:03", _addresses(data), *_sent_to(seen, GROUP))
    ttls = ", ".join(map(str, sorted({header.ttl for _, header in data})))
    draft.check(
        "multicast leaves with a TTL of 1: no router passes it on",
        "RFC 1112 §6.1; ip(7)",
        "1",
        ttls,
        *_sent_to(seen, GROUP),
    )
    members = "; ".join(", ".join(copies[name]) for name in ("member", "member, too"))
    draft.check(
        "each member gets a copy, and only while it is one",
        "RFC 1112 §7.1",
        "during; during",
        members,
        _COPIES,
    )
    insists = "who is no member gets none, if the socket insists on that"
    draft.check(insists, "ip(7), IP_MULTICAST_ALL", 0, len(copies["no member, IP_MULTICAST_ALL 0"]), _COPIES)
    said = ", ".join(_said(seen))
    igmp = (number for number, each in enumerate(seen.frames, start=1) if each.found.find(Igmp) is not None)
    reports = [Evidence(packet=number) for number in igmp]
    draft.check("a host that joins and leaves says so to its routers", "RFC 3376 §5.1", "joins, leaves", said, *reports)
    if copies["no member"]:
        draft.findings.append(
            "A socket that joined nothing got the group's datagram, too: on Linux it is enough that any socket of the "
            "host is a member, unless IP_MULTICAST_ALL is turned off (ip(7)). Filter by port, or turn it off."
        )


def _said(seen: Trace) -> list[str]:
    """What the server reported of the group, repetitions left out: IGMP sends each report again, for fear of loss."""
    said: list[str] = []
    for each in seen.frames:
        header = each.found.find(Igmp)
        for record in header.groups() if isinstance(header, IgmpReport) else []:
            word = _SAID.get(record.type, f"record {record.type}")
            if record.group == GROUP and said[-1:] != [word]:
                said.append(word)
    return said
