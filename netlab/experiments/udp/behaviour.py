"""`netlab udp-behaviour`: what UDP promises and what it does not (lecture 10): "by nature good and simple"."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.udp import behaviour_scene, groups
from netlab.experiments.udp.behaviour_rows import ArrivalRow, BoundaryRow
from netlab.experiments.udp.behaviour_scene import BehaviourPlan, Boundaries, Overrun
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import WIRE, Delay, Pcap, Seed
from netlab.experiments.wire.trace import Trace
from netlab.experiments.wire.wire_recording import recording_of
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.option import Option
from netlab.packets.icmp import IcmpUnreachable
from netlab.packets.ipv4 import Ipv4
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement
from netlab.report.rows import table_of

_FLOOD = 60  # datagrams of 500 bytes, for a receive buffer that takes some of them
_MTU = 1500


@dataclass(frozen=True, slots=True)
class Parameters:
    """`numbered` datagrams go over a wire that loses, doubles and holds back, by these chances."""

    numbered: Annotated[int, Option("Datagrams over the bad wire.", "N", 10, 200)] = 100
    loss: Annotated[float, Option("Of each frame on it.", "CHANCE", 0.0, 0.9, panel=WIRE)] = 0.1
    duplicate: Annotated[float, Option("To come twice.", "CHANCE", 0.0, 0.9, panel=WIRE)] = 0.1
    reorder: Annotated[float, Option("To be overtaken.", "CHANCE", 0.0, 0.9, panel=WIRE)] = 0.2
    delay_s: Delay = 0.005
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """All cases. Raises MachineLacks, UsageError."""
    trace.check_path(parameters.pcap)
    good = Conditions(parameters.delay_s)
    bad = replace(good, loss=parameters.loss, duplicate=parameters.duplicate, reorder=parameters.reorder)
    hosts = TwoHostsPlan.alike(good, parameters.seed)
    plan = BehaviourPlan(hosts, _FLOOD, parameters.numbered, bad)
    instead = replace(plan, hosts=hosts.on_loopback()) if parameters.pcap is None else None
    progress(0.1, "sending")
    result, seen = trace.observe(behaviour_scene.play, plan, progress, on_loopback=instead)
    trace.save(seen, parameters.pcap)
    draft = Draft()
    draft.lacking = seen.lacking
    _boundaries(draft, seen, result.boundaries)
    _refused(draft, seen, result.refused)
    _overrun(draft, seen, result.overrun)
    if result.over_wire:
        groups.report(draft, seen, result.over_wire.broadcast, result.over_wire.multicast)
        _disorder(draft, seen, parameters.numbered, result.over_wire.arrived)
        draft.recording = recording_of(seen.observation, seen.start_ns)
    return draft.finish()


def _boundaries(draft: Draft, seen: Trace, result: Boundaries) -> None:
    sent, received = (", ".join(map(str, sizes)) for sizes in (result.sent, result.received))
    whole = "what is sent in one piece is received in one piece, an empty one, too"
    table = Evidence(table="boundaries")
    draft.check(whole, "RFC 768; udp(7)", sent, received, table)
    cut = "what the reader has no room for is thrown away, and MSG_TRUNC says so"
    draft.check(cut, "recv(2)", True, result.truncated and result.cut_to == 40, table)
    sizes = zip(result.sent, result.received, strict=True)
    rows = [BoundaryRow(number, *each) for number, each in enumerate(sizes, start=1)]
    draft.tables.append(table_of(BoundaryRow, rows))
    if seen.lacking:
        return  # loopback's MTU is 65536, and it has no fragments
    largest = max(result.sent)
    pieces = math.ceil((largest + 8) / (_MTU - 20))
    pieces_seen = _numbered(seen, lambda each: _is_fragment(each.found.find(Ipv4)))
    fragments = sum(_is_fragment(each.found.find(Ipv4)) for each in seen.frames)
    text = "{largest} bytes over an MTU of {mtu} are cut into {pieces} fragments"
    claim = say(text, largest=largest, mtu=_MTU, pieces=pieces)
    draft.check(claim, "RFC 791 §3.2", pieces, fragments, *pieces_seen)
    whole = "and put together again by the receiver's IP"
    draft.check(whole, "RFC 791 §3.2", 1, result.reassembled, *pieces_seen)


def _numbered(seen: Trace, chosen: Callable[[trace.WireFrame], bool]) -> list[Evidence]:
    """Which frames those are, as the recording numbers them."""
    return [Evidence(packet=number) for number, each in enumerate(seen.frames, start=1) if chosen(each)]


def _is_fragment(header: Ipv4 | None) -> bool:
    return header is not None and bool(header.more_fragments or header.fragment_offset)


def _refused(draft: Draft, seen: Trace, error: str) -> None:
    if not seen.lacking:
        told = [each.found.find(IcmpUnreachable) for each in seen.frames if each.sender == "server"]
        ports = sum(each is not None and (each.type, each.code) == (3, 3) for each in told)
        claim = "where nobody listens, an ICMP error comes back: port unreachable"
        errors = _numbered(seen, lambda each: each.found.find(IcmpUnreachable) is not None)
        draft.check(claim, "RFC 1122 §4.1.3.1", 1, ports, *errors)
    claim = "a connected UDP socket is told of it at its next call"
    draft.check(claim, "udp(7), ECONNREFUSED", "Connection refused", error)


def _overrun(draft: Draft, seen: Trace, result: Overrun) -> None:
    kept, lost = len(result.kept), _FLOOD - len(result.kept)
    draft.fact("flood: sent", _FLOOD, "1", "datagrams of 500 B, while nobody reads")
    draft.fact("flood: kept", kept, "1", "in a receive buffer of 8 KiB, which the kernel doubles")
    draft.fact("flood: dropped", result.dropped, "1", "SO_RXQ_OVFL; the sender has not been told")
    first = 0 < kept < _FLOOD and result.kept == tuple(range(kept))
    claim = "a full receive buffer drops what comes, and keeps what it has"
    draft.check(claim, "socket(7), SO_RCVBUF", True, first, Evidence(fact="flood: kept"))
    claim, dropped = "each one that was dropped is counted for its socket", Evidence(fact="flood: dropped")
    draft.check(claim, "socket(7), SO_RXQ_OVFL", lost, result.dropped, dropped)
    if not seen.lacking:  # on loopback the counters are the whole machine's
        draft.check("and in the counters of its host", "UdpRcvbufErrors, nstat(8)", lost, result.counted, dropped)


def _disorder(draft: Draft, seen: Trace, sent: int, arrived: Sequence[int]) -> None:
    fates = Counter(each.fate for each in seen.frames)
    missing, doubled = sent - len(set(arrived)), len(arrived) - len(set(arrived))
    late = sum(number < max(arrived[:at], default=-1) for at, number in enumerate(arrived))
    draft.fact("wire: sent", sent, "1")
    draft.fact("wire: missing", missing, "1")
    draft.fact("wire: doubled", doubled, "1")
    draft.fact("wire: overtaken", late, "1", "came after one with a higher number")
    source = "course, lecture 10; RFC 768"
    fact = Evidence(fact="wire: missing")
    draft.check("what the wire lost stays lost: nobody sends it again", source, fates["dropped"], missing, fact)
    fact = Evidence(fact="wire: doubled")
    draft.check("what the wire doubled comes twice", source, fates["duplicated"] // 2, doubled, fact)
    if fates["held back"] >= 3:
        fact = Evidence(fact="wire: overtaken")
        draft.check("what the wire held back comes late, and nobody sorts it", source, True, late > 0, fact)
    rows = [ArrivalRow(at, number) for at, number in enumerate(arrived)]
    draft.tables.append(table_of(ArrivalRow, rows, shown=False))
    title = "Over a bad wire: numbers in the order of arrival"
    draft.charts.append(Chart("line", title, "arrivals", "arrival", "number"))
    text = (
        "Of {sent} datagrams {missing} never came, {doubled} came twice and {late} were overtaken; the sender knows of "
        "none of it. What TCP does about that: netlab tcp-retransmit."
    )
    draft.finding(say(text, sent=sent, missing=missing, doubled=doubled, late=late), Evidence(table="arrivals"))
    text = "Over a bad wire {missing} of {sent} datagrams never came, and the sender was not told."
    draft.answer = say(text, missing=missing, sent=sent)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""See what UDP promises between two hosts of your own, and what it does not.

    Boundaries that stay, fragments, a port where nobody listens, a buffer that
    overflows, one datagram for many, and a wire that loses, doubles and reorders.
    """,
    examples=("netlab udp-behaviour", "netlab udp-behaviour --loss 0.5 --reorder 0 --seed 3 --pcap udp.pcap"),
)
