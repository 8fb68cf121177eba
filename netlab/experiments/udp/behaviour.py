"""`netlab udp-behaviour`: what UDP promises and what it does not (lecture 10): "by nature good and simple"."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.udp import behaviour_scene, groups
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import WIRE, Delay, Pcap, Seed
from netlab.experiments.wire.trace import Trace
from netlab.network.conditions import Conditions
from netlab.option import Option
from netlab.packets.icmp import IcmpUnreachable
from netlab.packets.ipv4 import Ipv4
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table, Value

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
    bad = Conditions(
        parameters.delay_s, loss=parameters.loss, duplicate=parameters.duplicate, reorder=parameters.reorder
    )
    config = {
        "conditions": trace.both(Conditions(delay_s=parameters.delay_s)),
        "seed": parameters.seed,
        "flood": _FLOOD,
        "numbered": parameters.numbered,
        "bad": bad.plain(),
    }
    progress(0.1, "sending")
    seen = trace.run(behaviour_scene.play, config, progress, on_loopback=parameters.pcap is None)
    trace.save(seen, parameters.pcap)
    draft = Draft()
    draft.lacking = seen.lacking
    _boundaries(draft, seen)
    _refused(draft, seen)
    _overrun(draft, seen)
    if seen.lacking:
        return draft.finish()
    groups.report(draft, seen)
    _disorder(draft, seen)
    return draft.finish()


def _boundaries(draft: Draft, seen: Trace) -> None:
    told = seen.result["boundaries"]
    sizes = ", ".join(map(str, told["sent"]))
    draft.check(
        "what is sent in one piece is received in one piece, an empty one, too",
        "RFC 768; udp(7)",
        sizes,
        ", ".join(map(str, told["got"])),
    )
    draft.check(
        "what the reader has no room for is thrown away, and MSG_TRUNC says so",
        "recv(2)",
        True,
        told["said_so"] and told["cut_to"] == 40,
    )
    rows = tuple(zip(range(1, len(told["sent"]) + 1), told["sent"], told["got"], strict=True))
    draft.tables.append(
        Table("boundaries", (Column("datagram", "1"), Column("sent", "B"), Column("received", "B")), rows)
    )
    if seen.lacking:
        return  # loopback's MTU is 65536, and it has no fragments
    largest = max(told["sent"])
    pieces = math.ceil((largest + 8) / (_MTU - 20))
    draft.check(
        f"{largest} bytes over an MTU of {_MTU} are cut into {pieces} fragments",
        "RFC 791 §3.2",
        pieces,
        sum(_is_fragment(found.find(Ipv4)) for *_, found in seen.frames),
    )
    draft.check("and put together again by the receiver's IP", "RFC 791 §3.2", 1, told["reassembled"])


def _is_fragment(header: Ipv4 | None) -> bool:
    return header is not None and bool(header.more_fragments or header.fragment_offset)


def _refused(draft: Draft, seen: Trace) -> None:
    told = [found.find(IcmpUnreachable) for sender, *_, found in seen.frames if sender == "server"]
    ports = [each for each in told if each is not None and (each.type, each.code) == (3, 3)]
    if not seen.lacking:
        draft.check(
            "where nobody listens, an ICMP error comes back: port unreachable", "RFC 1122 §4.1.3.1", 1, len(ports)
        )
    draft.check(
        "a connected UDP socket is told of it at its next call",
        "udp(7), ECONNREFUSED",
        "Connection refused",
        seen.result["refused"]["error"],
    )


def _overrun(draft: Draft, seen: Trace) -> None:
    told = seen.result["overrun"]
    kept, flood = told["kept"], told["flood"]
    draft.fact("flood: sent", flood, "1", "datagrams of 500 B, while nobody reads")
    draft.fact("flood: kept", len(kept), "1", "in a receive buffer of 8 KiB, which the kernel doubles")
    draft.fact("flood: dropped", told["dropped"], "1", "SO_RXQ_OVFL; the sender has not been told")
    draft.check(
        "a full receive buffer drops what comes, and keeps what it has",
        "socket(7), SO_RCVBUF",
        True,
        0 < len(kept) < flood and kept == list(range(len(kept))),
    )
    draft.check(
        "each one that was dropped is counted for its socket",
        "socket(7), SO_RXQ_OVFL",
        flood - len(kept),
        told["dropped"],
    )
    if not seen.lacking:  # on loopback the counters are the whole machine's
        draft.check("and in the counters of its host", "UdpRcvbufErrors, nstat(8)", flood - len(kept), told["counted"])


def _disorder(draft: Draft, seen: Trace) -> None:
    told = seen.result["disorder"]
    got, sent = told["got"], told["sent"]
    fates = Counter(fate for _, _, _, fate, _ in seen.frames)
    missing, doubled = sent - len(set(got)), len(got) - len(set(got))
    late = sum(number < max(got[:at], default=-1) for at, number in enumerate(got))
    draft.fact("wire: sent", sent, "1")
    draft.fact("wire: missing", missing, "1")
    draft.fact("wire: doubled", doubled, "1")
    draft.fact("wire: overtaken", late, "1", "came after one with a higher number")
    draft.check(
        "what the wire lost stays lost: nobody sends it again", "course, lecture 10; RFC 768", fates["dropped"], missing
    )
    draft.check("what the wire doubled comes twice", "course, lecture 10; RFC 768", fates["duplicated"] // 2, doubled)
    if fates["held back"] >= 3:
        draft.check(
            "what the wire held back comes late, and nobody sorts it", "course, lecture 10; RFC 768", True, late > 0
        )
    rows: list[tuple[Value, ...]] = [(position, number) for position, number in enumerate(got)]
    draft.tables.append(Table("arrivals", (Column("arrival", "1"), Column("number", "1")), tuple(rows)))
    draft.charts.append(
        Chart("line", "Over a bad wire: numbers in the order of arrival", "arrivals", "arrival", "number")
    )
    draft.findings.append(
        f"Of {sent} datagrams {missing} never came, {doubled} came twice and {late} were overtaken; the sender knows "
        "of none of it. What TCP does about that: netlab tcp-retransmit."
    )


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""See what UDP promises between two hosts of your own, and what it does not.

    Boundaries that stay, fragments, a port where nobody listens, a buffer that
    overflows, one datagram for many, and a wire that loses, doubles and reorders.
    """,
    examples=("netlab udp-behaviour", "netlab udp-behaviour --loss 0.5 --reorder 0 --seed 3 --pcap udp.pcap"),
)
