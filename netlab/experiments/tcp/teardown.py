"""`netlab tcp-teardown`: how a connection ends, in order and otherwise (lecture 11, RFC 9293 §3.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import teardown_scene
from netlab.experiments.tcp.teardown_rows import HeldStateRow, held
from netlab.experiments.tcp.teardown_scene import LAST_WORDS, HalfClose, TeardownPlan, TeardownResult
from netlab.experiments.wire.evidence import moment, packets, states
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Segment, Trace, recorded
from netlab.experiments.wire.trace_tables import report
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import count, say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement
from netlab.report.rows import table_of

KERNEL_TIME_WAIT_S = 60.0  # TCP_TIMEWAIT_LEN of <net/tcp.h>
RFC_TIME_WAIT_S = 240.0  # 2 MSL, MSL being two minutes (RFC 9293 §3.4.2)
_HOSTS = ("client", "server")


@dataclass(frozen=True, slots=True)
class Variant:
    """What must be seen, from ESTABLISHED on: the states of both, the segments that end it; and what it teaches."""

    name: str
    title: str
    client: str
    server: str
    ending: str  # who sends FIN or RST, in order
    finding: str
    on_loopback: bool = True  # whether it comes about without a wire that holds frames, and without sysctls


VARIANTS = (
    Variant(
        "orderly",
        "Four-way close with a half-closed time in between",
        "FIN-WAIT-1 → FIN-WAIT-2 → TIME-WAIT",
        "CLOSE-WAIT → LAST-ACK → CLOSED",
        "client FIN, server FIN",
        "Who closes first waits at the end: the client keeps the port in TIME-WAIT, the server is done at once.",
    ),
    Variant(
        "simultaneous",
        "Both close before either knows of the other",
        "FIN-WAIT-1 → CLOSING → TIME-WAIT",
        "FIN-WAIT-1 → CLOSING → TIME-WAIT",
        "client FIN, server FIN",
        "Neither closed first, so both wait in TIME-WAIT. CLOSING is the state that hardly anybody ever sees.",
        on_loopback=False,
    ),
    Variant(
        "reset-linger",
        "A reset on purpose: SO_LINGER with a time of 0",
        "CLOSED",
        "CLOSED",
        "client RST",
        "No FIN, no TIME-WAIT, and the other side's read fails: a reset ends a connection, it does not finish it.",
    ),
    Variant(
        "reset-unread",
        "A reset by surprise: data that was never read",
        "CLOSED",
        "CLOSED",
        "client RST",
        "The client called the same close() as always. Unread data turned it into a reset: the kernel must not say "
        "'finished' of what nobody has read.",
    ),
    Variant(
        "orphan",
        "One side closes, the other never does",
        "FIN-WAIT-1 → FIN-WAIT-2 → CLOSED",
        "CLOSE-WAIT → LAST-ACK → CLOSED",
        "client FIN, server FIN, client RST",
        "The client's socket belongs to no process any more; its kernel waits tcp_fin_timeout (here 1 s) in FIN-WAIT-2 "
        "and forgets it. The server's FIN then finds nobody, and is answered by a reset.",
        on_loopback=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """`variant`: a name of VARIANTS. `delay_s` is one way."""

    variant: Annotated[str, Option("orderly, simultaneous, reset-linger, reset-unread, orphan.", "NAME")] = "orderly"
    delay_s: Delay = 0.05
    pcap: Pcap = None
    seed: Seed = 1


def find(name: str) -> Variant:
    """The variant called `name`; UsageError."""
    for variant in VARIANTS:
        if variant.name == name:
            return variant
    raise UsageError(f"there is no variant '{name}'", ", ".join(variant.name for variant in VARIANTS))


def play(variant: Variant, hosts: TwoHostsPlan, progress: Progress, pcap: Path | None) -> tuple[TeardownResult, Trace]:
    """The scene, from the mark on."""
    plan = TeardownPlan(hosts, variant.name)
    instead = TeardownPlan(hosts.on_loopback(), variant.name) if variant.on_loopback else None
    return recorded(teardown_scene.play, plan, progress, pcap, on_loopback=instead)


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """End one connection. Raises MachineLacks, UsageError."""
    variant = find(parameters.variant)
    hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s), parameters.seed)
    return judged(variant, *play(variant, hosts, progress, parameters.pcap))


def judged(variant: Variant, result: TeardownResult, trace: Trace) -> Measurement:
    """What was seen of this variant, and whether it is what the RFC says."""
    draft = Draft()
    waiting = [host for host in _HOSTS if trace.states(host)[-1:] == ["TIME-WAIT"]]
    draft.fact("variant", variant.title, "")
    draft.fact("segments", None if trace.lacking else len(trace.marked()), "1")
    draft.fact("in TIME-WAIT at the end", ", ".join(waiting) or "nobody", "")
    if not trace.lacking:
        took = count(len(trace.marked()), "It took one segment", "It took {n} segments")
        text = "{took}; in TIME-WAIT: {who}."
        draft.answer = say(text, took=took, who=", ".join(waiting) or "no host")
    check(draft, variant, trace)
    if result.half_close is not None:
        _check_half_close(draft, result.half_close, trace)
    if variant.name.startswith("reset"):
        errors = ", ".join(each.detail for each in trace.events("server", "return") if each.what == "recv()")
        wanted = "Connection reset by peer"
        seen = moment(trace, "server", "return", "recv()")
        draft.check("the server's recv() fails: connection reset", "recv(2), ECONNRESET", wanted, errors, *seen)
        seen = [each for host in _HOSTS for each in states(trace, host)]
        draft.check("nobody is in TIME-WAIT", "RFC 9293 §3.10.7.4", "", ", ".join(waiting), *seen)
    draft.findings.append(variant.finding)
    report(draft, trace, _course(trace) if variant.name == "orderly" else ())
    if rows := [row for host in _HOSTS for row in _held(trace, host)]:  # none, where a reset ends it all at once
        draft.tables.append(table_of(HeldStateRow, rows))
        draft.charts.append(Chart("bar", "How long each state was held", "states", "state", "lasted"))
    return draft.finish()


def check(draft: Draft, variant: Variant, trace: Trace) -> None:
    """The states and the segments that this variant must have; on loopback only the last state is sure to be seen."""
    for host, wanted in (("client", variant.client), ("server", variant.server)):
        found, last, seen = trace.states(host), wanted.rpartition(" ")[2], states(trace, host)
        if trace.lacking:
            claim = say("{host}: {last} in the end", host=host, last=last)
            draft.check(claim, "RFC 9293 §3.3.2", last, found[-1], *seen[-1:])
        else:
            claim = say("{host}: ESTABLISHED → {states}", host=host, states=wanted)
            draft.check(claim, "RFC 9293 §3.3.2", wanted, " → ".join(found), *seen)
    if not trace.lacking:
        ending = [each for each in _ending(trace) if not each.again]
        sent = ", ".join(f"{each.sender} {'RST' if each.tcp.rst else 'FIN'}" for each in ending)
        claim = say("on the wire: {ending}", ending=variant.ending)
        draft.check(claim, "RFC 9293 §3.6", variant.ending, sent, *packets(*ending))


def _ending(trace: Trace) -> list[Segment]:
    return [each for each in trace.marked() if each.tcp.fin or each.tcp.rst]


def _check_half_close(draft: Draft, half_close: HalfClose, trace: Trace) -> None:
    lasts_s = half_close.time_wait_s
    draft.fact("TIME-WAIT lasts", lasts_s, "s", "the kernel's timer, when it was first seen")
    draft.fact("TIME-WAIT in the RFC", RFC_TIME_WAIT_S, "s", "2 MSL, with an MSL of two minutes")
    source = "RFC 9293 §3.6, half-close"
    late = packets(*(each for each in trace.marked() if each.size))
    draft.check("data flows to the side that has closed", source, len(LAST_WORDS), half_close.size, *late)
    minute = lasts_s is not None and KERNEL_TIME_WAIT_S / 2 < lasts_s <= KERNEL_TIME_WAIT_S
    source = "TCP_TIMEWAIT_LEN in <net/tcp.h>"
    seen = Evidence(fact="TIME-WAIT lasts")
    draft.check("Linux waits a minute at most, whatever the RFC says", source, True, minute, seen)
    if not trace.lacking:
        fins = [each for each in trace.marked() if each.tcp.fin and not each.again]
        each_acked = len(fins) == 2 and all(_acknowledged_alone(trace, fin) for fin in fins)
        claim = "each FIN is acknowledged by itself: four segments"
        draft.check(claim, "course, lecture 11", True, each_acked, *packets(*fins))


def _acknowledged_alone(trace: Trace, fin: Segment) -> bool:
    """Whether the other side has sent an ACK of the FIN that is nothing but an ACK."""
    acks = [each for each in trace.marked() if not each.size and each.tcp.flags() == "ACK"]
    after = fin.sequence + fin.size
    return any(ack.sender != fin.sender and (ack.acknowledgment or 0) > after for ack in acks)


def _course(trace: Trace) -> list[tuple[float, str]]:
    """The lecture's dialogue, which tells of the orderly way only."""
    ending = _ending(trace)
    if len(ending) < 2:
        return []
    said = [(ending[0].sent_s, "A: B, I don't want to play any more")]
    answers = {"server": "B: oh, you don't want to play any more, I know", "client": "A: well then, bye"}
    for fin in ending:
        for each in trace.marked():
            if each.sender != fin.sender and each.sent_s > fin.sent_s and (each.acknowledgment or 0) > fin.sequence:
                said.append((each.sent_s, answers[each.sender]))
                break
    return [*said, (ending[1].sent_s, "B: A, all right, I don't want to play any more either, bye")]


def _held(trace: Trace, host: str) -> Iterator[HeldStateRow]:
    """Which state was held how long; the last one goes on."""
    changes = [event for event in trace.events(host) if event.kind in ("state", "gone")]
    for event, following in zip(changes, [*changes[1:], None], strict=True):
        if event.what != "CLOSED":
            yield held(f"{host} {event.what}", trace.at_s(event), trace.at_s(following) if following else None)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""End a TCP connection, in order and otherwise, and watch it four ways.

    In order, with data flowing to the side that has closed; by both sides at
    once; by a reset, on purpose or not; or by one side only.
    """,
    examples=(
        "netlab tcp-teardown",
        "netlab tcp-teardown --variant simultaneous",
        "netlab tcp-teardown --variant orphan --pcap orphan.pcap",
    ),
)
