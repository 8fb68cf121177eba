"""`netlab tcp-handshake`: how a connection comes to be, in four views on one timeline (lecture 11, RFC 9293 §3.5)."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiment import Experiment
from netlab.experiments.tcp import handshake_scene
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import Delay, Loss, Pcap, Seed
from netlab.experiments.wire.trace import Segment, Trace
from netlab.network.conditions import Conditions
from netlab.packets.option import COMMON, name_of, text_of
from netlab.packets.tcp import OPTIONS, WINDOW_SCALE
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table, Value

_MSS = 2


@dataclass(frozen=True, slots=True)
class Parameters:
    """`delay_s` is one way. `loss` is the chance that a frame is lost."""

    delay_s: Delay = 0.05
    loss: Loss = 0.0
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Open one connection on a network of its own. Raises MachineLacks where there can be none, UsageError."""
    trace.check_path(parameters.pcap)
    conditions = trace.both(Conditions(delay_s=parameters.delay_s, loss=parameters.loss))
    seen = trace.run(
        handshake_scene.play,
        {"conditions": conditions, "seed": parameters.seed},
        progress,
        on_loopback=parameters.pcap is None and not parameters.loss,
    )
    trace.save(seen, parameters.pcap)
    draft = Draft()
    syn, syn_ack, ack = (_first(seen, *which) for which in (("client", 1, 0), ("server", 1, 1), ("client", 0, 1)))
    if seen.lacking:
        _on_loopback(draft, seen)
    else:
        _facts(draft, seen, parameters)
        _checks(draft, seen, syn, syn_ack, ack)
    trace.report(draft, seen, _course(syn, syn_ack, ack))
    if not seen.lacking:
        draft.tables.append(_segments((syn, syn_ack, ack)))
        _windows(draft, syn, ack)
    draft.tables.append(_held(seen))
    draft.charts.append(Chart("bar", "How long each side waited in between", "states", "state", "lasted"))
    return draft.finish()


def _first(seen: Trace, sender: str, syn: int, ack: int) -> Segment | None:
    """The first segment from `sender` with these flags that arrived."""
    for each in seen.segments:
        if (each.sender, each.tcp.syn, each.tcp.ack) == (sender, syn, ack) and each.arrived_s is not None:
            return each
    return None


def _facts(draft: Draft, seen: Trace, parameters: Parameters) -> None:
    called, returned = seen.when("client", "call", "connect"), seen.when("client", "return", "connect")
    took = returned - called if called is not None and returned is not None else None
    draft.fact("connect() took", took, "s", "one round trip: it returns when the SYN+ACK is here")
    draft.fact("round trip, as the wire is set", 2 * parameters.delay_s, "s")
    draft.fact("round trip, as the client's kernel measured it", seen.result["client_info"]["rtt_s"], "s", "TCP_INFO")
    draft.fact("segments on the wire", len(seen.segments), "1")
    draft.fact("sent again", sum(each.again for each in seen.segments), "1")
    draft.fact("lost on the wire", sum(each.arrived_s is None for each in seen.segments), "1")


def _checks(draft: Draft, seen: Trace, syn: Segment | None, syn_ack: Segment | None, ack: Segment | None) -> None:
    distinct = {(each.sender, each.tcp.syn, each.tcp.ack) for each in seen.segments}
    draft.check("three different segments open a connection", "course, lecture 11", 3, len(distinct))
    order = [f"{each.sender} {each.tcp.flags()}" for each in (syn, syn_ack, ack) if each]
    draft.check(
        "SYN, then SYN+ACK, then ACK", "RFC 9293 §3.5", "client SYN, server SYN+ACK, client ACK", ", ".join(order)
    )
    if syn and syn_ack and ack:
        numbers = (syn.tcp.sequence + 1) % 2**32, (syn_ack.tcp.sequence + 1) % 2**32
        draft.check(
            "the SYN+ACK acknowledges the client's number + 1", "RFC 9293 §3.4", numbers[0], syn_ack.tcp.acknowledgment
        )
        draft.check("the ACK acknowledges the server's number + 1", "RFC 9293 §3.4", numbers[1], ack.tcp.acknowledgment)
        sizes = [any(option.kind == _MSS for option in each.tcp.options) for each in (syn, syn_ack, ack)]
        draft.check(
            "each side says in its SYN how large a segment it takes",
            "RFC 9293 §3.7.1",
            "yes, yes, no",
            ", ".join("yes" if each else "no" for each in sizes),
        )
        returned, accepted = seen.when("client", "return", "connect"), seen.when("server", "return", "accept")
        draft.check("connect() returned after the SYN+ACK had come", "connect(2)", True, _not_before(returned, syn_ack))
        draft.check("accept() returned after the ACK had come", "accept(2)", True, _not_before(accepted, ack))
    for host, states in (
        ("client", "CLOSED, SYN-SENT, ESTABLISHED"),
        ("server", "CLOSED, LISTEN, SYN-RECEIVED, ESTABLISHED"),
    ):
        draft.check(f"{host}: {states.replace(', ', ' → ')}", "RFC 9293 §3.3.2", states, ", ".join(seen.states(host)))


def _on_loopback(draft: Draft, seen: Trace) -> None:
    """What can be seen without a wire: the calls, and the states that last."""
    called, returned = seen.when("client", "call", "connect"), seen.when("client", "return", "connect")
    took = returned - called if called is not None and returned is not None else None
    draft.fact("connect() took", took, "s", "on loopback: no wire to wait for")
    for host in ("client", "server"):
        draft.check(f"{host}: ESTABLISHED in the end", "RFC 9293 §3.3.2", "ESTABLISHED", seen.states(host)[-1])
    order = called is not None and returned is not None and called < returned
    draft.check(
        "connect() returned, and accept() did",
        "connect(2), accept(2)",
        True,
        order and seen.when("server", "return", "accept") is not None,
    )


def _not_before(at_s: float | None, segment: Segment) -> bool | None:
    return None if at_s is None or segment.arrived_s is None else at_s >= segment.arrived_s


def _course(*segments: Segment | None) -> list[tuple[float, str]]:
    """The lecture's dialogue, where it happens."""
    words = (
        "A: hello, I am A (the request)",
        "B: hello, I am B (the answer)",
        "A: hello, B (the answer to the answer)",
    )
    return [(each.sent_s, said) for each, said in zip(segments, words, strict=True) if each]


def _segments(segments: tuple[Segment | None, ...]) -> Table:
    """The three of them as they are on the wire: numbers as they really are, and what each side says it can do."""
    rows: list[tuple[Value, ...]] = []
    for each in segments:
        if each is None:
            continue
        tcp = each.tcp
        said = [
            f"{name_of(option, OPTIONS)} {text_of(option, OPTIONS)}".rstrip()
            for option in tcp.options
            if option.kind not in COMMON
        ]
        # A name, not a quantity: written without separators, as it stands in a capture.
        acknowledged = f"{tcp.acknowledgment}" if tcp.ack else None
        rows.append((tcp.flags(), each.sender, f"{tcp.sequence}", acknowledged, tcp.window, "; ".join(said)))
    columns = (
        Column("segment", ""),
        Column("from", ""),
        Column("sequence", ""),
        Column("acknowledges", ""),
        Column("window", "1"),
        Column("options", ""),
    )
    return Table("segments", columns, tuple(rows))


def _windows(draft: Draft, syn: Segment | None, ack: Segment | None) -> None:
    scales = [option.data[0] for option in syn.tcp.options if option.kind == WINDOW_SCALE] if syn else []
    if scales and ack:
        unit = 1 << scales[0]
        draft.findings.append(
            f"The window of the last segment, {ack.tcp.window}, is not smaller: after the SYNs windows count in units "
            f"that each side has announced in its own, here {unit} bytes. {ack.tcp.window} × {unit} = "
            f"{ack.tcp.window * unit:,} bytes (RFC 7323 §2)."
        )


def _held(seen: Trace) -> Table:
    """How long the passing states were seen."""
    rows: list[tuple[Value, ...]] = []
    for host, state in (("client", "SYN-SENT"), ("server", "SYN-RECEIVED")):
        begin = seen.when(host, "state", state)
        end = seen.when(host, "state", "ESTABLISHED") if begin is not None else None
        lasted = end - begin if begin is not None and end is not None else None
        rows.append((f"{host} {state}", begin, end, lasted))
    columns = (Column("state", ""), Column("from", "s"), Column("until", "s"), Column("lasted", "s"))
    return Table("states", columns, tuple(rows))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Open a TCP connection between two hosts of your own, and watch it four ways.

    System calls, the kernel's states, the segments on the wire and the course's
    words on one timeline. A slow wire makes the passing states visible.
    """,
    examples=("netlab tcp-handshake", "netlab tcp-handshake --loss 0.3 --seed 4 --pcap handshake.pcap"),
)
