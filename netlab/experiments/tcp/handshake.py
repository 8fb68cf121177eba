"""`netlab tcp-handshake`: how a connection comes to be, in four views on one timeline (lecture 11, RFC 9293 §3.5)."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiment import Experiment
from netlab.experiments.tcp import handshake_scene
from netlab.experiments.tcp.handshake_rows import SegmentRow
from netlab.experiments.tcp.handshake_scene import HandshakeResult
from netlab.experiments.tcp.teardown_rows import HeldStateRow, held
from netlab.experiments.wire.evidence import moment, packets, states
from netlab.experiments.wire.options import Delay, Loss, Pcap, Seed
from netlab.experiments.wire.trace import Segment, Trace, recorded
from netlab.experiments.wire.trace_tables import report
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.packets.header_option import COMMON, HeaderOption, name_of, text_of
from netlab.packets.tcp import OPTIONS, WINDOW_SCALE
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Measurement
from netlab.report.rows import table_of

_OPTION = "Maximum Segment Size"  # as the packet's fields have it
_MAXIMUM_SEGMENT_SIZE = 2  # kind of the option
_STATES = {"client": "CLOSED, SYN-SENT, ESTABLISHED", "server": "CLOSED, LISTEN, SYN-RECEIVED, ESTABLISHED"}
_COURSE = (  # the lecture's dialogue
    "A: hello, I am A (the request)",
    "B: hello, I am B (the answer)",
    "A: hello, B (the answer to the answer)",
)


@dataclass(frozen=True, slots=True)
class Parameters:
    """`delay_s` is one way. `loss` is the chance that a frame is lost."""

    delay_s: Delay = 0.05
    loss: Loss = 0.0
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Open one connection on a network of its own. Raises MachineLacks where there can be none, UsageError."""
    plan = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s, loss=parameters.loss), parameters.seed)
    instead = None if parameters.loss else plan.on_loopback()
    return judged(parameters, *recorded(handshake_scene.play, plan, progress, parameters.pcap, on_loopback=instead))


def judged(parameters: Parameters, result: HandshakeResult, trace: Trace) -> Measurement:
    """What was seen, and whether it is what the RFC says."""
    draft = Draft()
    opening = _first(trace, "client", 1, 0), _first(trace, "server", 1, 1), _first(trace, "client", 0, 1)
    called, returned = trace.when("client", "call", "connect"), trace.when("client", "return", "connect")
    took_s = returned - called if called is not None and returned is not None else None
    if took_s is not None:
        took = say("connect() took {took:.2f} ms", took=took_s * 1e3)
        wire = say("{took}; on this wire a round trip takes {rtt:.2f} ms.", took=took, rtt=2e3 * parameters.delay_s)
        draft.answer = say("{took}, on loopback.", took=took) if trace.lacking else wire
    if trace.lacking:
        draft.fact("connect() took", took_s, "s", "on loopback: no wire to wait for")
        _check_calls(draft, trace, took_s)
    else:
        draft.fact("connect() took", took_s, "s", "one round trip: it returns when the SYN+ACK is here")
        draft.fact("round trip, as the wire is set", 2 * parameters.delay_s, "s")
        draft.fact("round trip, as the client's kernel measured it", result.rtt_s, "s", "TCP_INFO")
        draft.fact("segments on the wire", len(trace.segments), "1")
        draft.fact("sent again", sum(each.again for each in trace.segments), "1")
        draft.fact("lost on the wire", sum(each.arrived_s is None for each in trace.segments), "1")
        _check_segments(draft, trace, *opening)
        _check_states(draft, trace)
    report(draft, trace, [(each.sent_s, said) for each, said in zip(opening, _COURSE, strict=True) if each])
    if not trace.lacking:
        draft.tables.append(table_of(SegmentRow, [_row(each) for each in opening if each]))
        _find_window(draft, opening[0], opening[2])
    passing = [_held(trace, "client", "SYN-SENT"), _held(trace, "server", "SYN-RECEIVED")]
    draft.tables.append(table_of(HeldStateRow, passing))
    draft.charts.append(Chart("bar", "How long each side waited in between", "states", "state", "lasted"))
    return draft.finish()


def _first(trace: Trace, sender: str, syn: int, ack: int) -> Segment | None:
    """The first segment from `sender` with these flags that arrived."""
    for each in trace.segments:
        if (each.sender, each.tcp.syn, each.tcp.ack) == (sender, syn, ack) and each.arrived_s is not None:
            return each
    return None


def _check_calls(draft: Draft, trace: Trace, took_s: float | None) -> None:
    """What can be seen without a wire: the calls, and the states that last."""
    for host in ("client", "server"):
        text = "{host}: ESTABLISHED in the end"
        draft.check(
            say(text, host=host), "RFC 9293 §3.3.2", "ESTABLISHED", trace.states(host)[-1], *states(trace, host)
        )
    both = took_s is not None and took_s > 0 and trace.when("server", "return", "accept") is not None
    seen = *moment(trace, "client", "return", "connect"), *moment(trace, "server", "return", "accept")
    draft.check("connect() returned, and accept() did", "connect(2), accept(2)", True, both, *seen)


def _check_segments(
    draft: Draft, trace: Trace, syn: Segment | None, syn_ack: Segment | None, ack: Segment | None
) -> None:
    distinct = {(each.sender, each.tcp.syn, each.tcp.ack) for each in trace.segments}
    seen = packets(syn, syn_ack, ack)
    draft.check("three different segments open a connection", "course, lecture 11", 3, len(distinct), *seen)
    wanted = "client SYN, server SYN+ACK, client ACK"
    order = ", ".join(f"{each.sender} {each.tcp.flags()}" for each in (syn, syn_ack, ack) if each)
    draft.check("SYN, then SYN+ACK, then ACK", "RFC 9293 §3.5", wanted, order, *seen)
    if syn is None or syn_ack is None or ack is None:
        return
    for claim, first, answer in (
        ("the SYN+ACK acknowledges the client's number + 1", syn, syn_ack),
        ("the ACK acknowledges the server's number + 1", syn_ack, ack),
    ):
        numbers = *packets(first, field="Sequence Number"), *packets(answer, field="Acknowledgment Number")
        draft.check(claim, "RFC 9293 §3.4", (first.tcp.sequence + 1) % 2**32, answer.tcp.acknowledgment, *numbers)
    sizes = ", ".join("yes" if _option(each, _MAXIMUM_SEGMENT_SIZE) else "no" for each in (syn, syn_ack, ack))
    claim, options = (
        "each side says in its SYN how large a segment it takes",
        packets(syn, syn_ack, field="Maximum Segment Size"),
    )
    draft.check(claim, "RFC 9293 §3.7.1", "yes, yes, no", sizes, *options)
    returned, accepted = trace.when("client", "return", "connect"), trace.when("server", "return", "accept")
    seen = [*packets(syn_ack), *moment(trace, "client", "return", "connect")]
    claim, after = "connect() returned after the SYN+ACK had come", _not_before(returned, syn_ack)
    draft.check(claim, "connect(2)", True, after, *seen)
    seen = [*packets(ack), *moment(trace, "server", "return", "accept")]
    draft.check("accept() returned after the ACK had come", "accept(2)", True, _not_before(accepted, ack), *seen)


def _check_states(draft: Draft, trace: Trace) -> None:
    for host, wanted in _STATES.items():
        claim = say("{host}: {states}", host=host, states=wanted.replace(", ", " → "))
        draft.check(claim, "RFC 9293 §3.3.2", wanted, ", ".join(trace.states(host)), *states(trace, host))


def _not_before(at_s: float | None, segment: Segment) -> bool | None:
    return None if at_s is None or segment.arrived_s is None else at_s >= segment.arrived_s


def _option(segment: Segment, kind: int) -> HeaderOption | None:
    return next((option for option in segment.tcp.options if option.kind == kind), None)


def _row(segment: Segment) -> SegmentRow:
    """Numbers as they really are, and what the sender says it can do."""
    tcp = segment.tcp
    options = [each for each in tcp.options if each.kind not in COMMON]
    said = "; ".join(f"{name_of(each, OPTIONS)} {text_of(each, OPTIONS)}".rstrip() for each in options)
    acknowledges = f"{tcp.acknowledgment}" if tcp.ack else None
    return SegmentRow(tcp.flags(), segment.sender, f"{tcp.sequence}", acknowledges, tcp.window, said)


def _find_window(draft: Draft, syn: Segment | None, ack: Segment | None) -> None:
    scale = _option(syn, WINDOW_SCALE) if syn else None
    if scale and ack:
        unit = 1 << scale.data[0]
        text = (
            "The window of the last segment, {window}, is not smaller: after the SYNs windows count in units that each "
            "side has announced in its own, here {unit} bytes. {window} × {unit} = {size:,} bytes (RFC 7323 §2)."
        )
        draft.finding(
            say(text, window=ack.tcp.window, unit=unit, size=ack.tcp.window * unit), *packets(ack, field="Window")
        )


def _held(trace: Trace, host: str, state: str) -> HeldStateRow:
    """How long the passing state was seen, until ESTABLISHED."""
    begin_s = trace.when(host, "state", state)
    return held(f"{host} {state}", begin_s, None if begin_s is None else trace.when(host, "state", "ESTABLISHED"))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Open a TCP connection between two hosts of your own, and watch it four ways.

    System calls, the kernel's states, the segments on the wire and the course's
    words on one timeline. A slow wire makes the passing states visible.
    """,
    examples=("netlab tcp-handshake", "netlab tcp-handshake --loss 0.3 --seed 4 --pcap handshake.pcap"),
)
