"""`netlab tcp-teardown`: how a connection ends, in order and otherwise (lecture 11, RFC 9293 §3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import teardown_scene
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Segment, Trace
from netlab.network.conditions import Conditions
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table, Value

KERNEL_TIME_WAIT_S = 60.0  # TCP_TIMEWAIT_LEN of <net/tcp.h>
RFC_TIME_WAIT_S = 240.0  # 2 MSL, MSL being two minutes (RFC 9293 §3.4.2)


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


def play(variant: str, parameters: Parameters, progress: Progress) -> Trace:
    """The scenario, from the mark on."""
    conditions = trace.both(Conditions(delay_s=parameters.delay_s))
    config = {"conditions": conditions, "seed": parameters.seed, "variant": variant}
    on_loopback = find(variant).on_loopback and parameters.pcap is None
    return trace.run(teardown_scene.play, config, progress, on_loopback=on_loopback)


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """End one connection. Raises MachineLacks, UsageError."""
    variant = find(parameters.variant)
    trace.check_path(parameters.pcap)
    seen = play(variant.name, parameters, progress)
    trace.save(seen, parameters.pcap)
    draft = Draft()
    ending = [each for each in seen.marked() if each.tcp.fin or each.tcp.rst]
    draft.fact("variant", variant.title, "")
    draft.fact("segments", None if seen.lacking else len(seen.marked()), "1")
    draft.fact("in TIME-WAIT at the end", ", ".join(_waiting(seen)) or "nobody", "")
    check(draft, variant, seen, ending)
    if variant.name == "orderly":
        _orderly(draft, seen)
    if variant.name.startswith("reset"):
        error = [event["detail"] for event in seen.events("server", "return") if event["what"] == "recv()"]
        draft.check(
            "the server's recv() fails: connection reset",
            "recv(2), ECONNRESET",
            "Connection reset by peer",
            ", ".join(error),
        )
        draft.check("nobody is in TIME-WAIT", "RFC 9293 §3.10.7.4", "", ", ".join(_waiting(seen)))
    draft.findings.append(variant.finding)
    trace.report(draft, seen, _course(variant, seen, ending))
    states = _states(seen)
    if states.rows:  # none, where a reset ends it all at once
        draft.tables.append(states)
        draft.charts.append(Chart("bar", "How long each state was held", "states", "state", "lasted"))
    return draft.finish()


def check(draft: Draft, variant: Variant, seen: Trace, ending: list[Segment]) -> None:
    """The states and the segments that this variant must have; on loopback only the last state is sure to be seen."""
    if seen.lacking:
        for host, states in (("client", variant.client), ("server", variant.server)):
            last = states.rpartition(" ")[2]
            draft.check(f"{host}: {last} in the end", "RFC 9293 §3.3.2", last, seen.states(host)[-1])
        return
    for host, states in (("client", variant.client), ("server", variant.server)):
        draft.check(f"{host}: ESTABLISHED → {states}", "RFC 9293 §3.3.2", states, " → ".join(seen.states(host)))
    told = ", ".join(f"{each.sender} {'RST' if each.tcp.rst else 'FIN'}" for each in ending if not each.again)
    draft.check(f"on the wire: {variant.ending}", "RFC 9293 §3.6", variant.ending, told)


def _orderly(draft: Draft, seen: Trace) -> None:
    time_wait_s = seen.result["time_wait_s"]
    draft.fact("TIME-WAIT lasts", time_wait_s, "s", "the kernel's timer, when it was first seen")
    draft.fact("TIME-WAIT in the RFC", RFC_TIME_WAIT_S, "s", "2 MSL, with an MSL of two minutes")
    draft.check(
        "data flows to the side that has closed", "RFC 9293 §3.6, half-close", 10, seen.result["half_closed_bytes"]
    )
    begun = time_wait_s is not None and KERNEL_TIME_WAIT_S / 2 < time_wait_s <= KERNEL_TIME_WAIT_S
    draft.check("Linux waits a minute at most, whatever the RFC says", "TCP_TIMEWAIT_LEN in <net/tcp.h>", True, begun)
    if seen.lacking:
        return
    acknowledged = [each for each in seen.marked() if not each.size and each.tcp.flags() == "ACK"]
    fins = [each for each in seen.marked() if each.tcp.fin and not each.again]
    each_acked = all(
        any(ack.sender != fin.sender and (ack.acknowledgment or 0) > fin.sequence + fin.size for ack in acknowledged)
        for fin in fins
    )
    draft.check(
        "each FIN is acknowledged by itself: four segments", "course, lecture 11", True, len(fins) == 2 and each_acked
    )


def _waiting(seen: Trace) -> list[str]:
    return [host for host in ("client", "server") if seen.states(host)[-1:] == ["TIME-WAIT"]]


def _course(variant: Variant, seen: Trace, ending: list[Segment]) -> list[tuple[float, str]]:
    """The lecture's dialogue; it tells of the orderly way only."""
    if variant.name != "orderly" or len(ending) < 2:
        return []
    said = [(ending[0].sent_s, "A: B, I don't want to play any more")]
    answers = {"server": "B: oh, you don't want to play any more, I know", "client": "A: well then, bye"}
    for fin in ending:
        for each in seen.marked():
            if each.sender != fin.sender and each.sent_s > fin.sent_s and (each.acknowledgment or 0) > fin.sequence:
                said.append((each.sent_s, answers[each.sender]))
                break
    return [*said, (ending[1].sent_s, "B: A, all right, I don't want to play any more either, bye")]


def _states(seen: Trace) -> Table:
    """Which state was held how long; the last one of each side goes on."""
    rows: list[tuple[Value, ...]] = []
    for host in ("client", "server"):
        changes = [event for event in seen.events(host) if event["kind"] in ("state", "gone")]
        for event, following in zip(changes, [*changes[1:], None], strict=True):
            if event["what"] == "CLOSED":
                continue
            until = seen.at_s(following) if following else None
            begin = seen.at_s(event)
            rows.append((f"{host} {event['what']}", begin, until, None if until is None else until - begin))
    columns = (Column("state", ""), Column("from", "s"), Column("until", "s"), Column("lasted", "s"))
    return Table("states", columns, tuple(rows))


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
