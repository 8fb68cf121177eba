"""`netlab tcp-flow`: a reader that stops, and a sender that must wait for it (lecture 12: flow control).

Follows RFC 9293 §3.8.6 (the window), §3.8.6.1 (zero-window probes) and §3.8.6.2 (the silly window syndrome). Congestion
control, the network's say in how much may be under way, is left to other experiments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import flow_scene
from netlab.experiments.tcp.flow_rows import ProbeRow, WindowRow
from netlab.experiments.tcp.flow_scene import PIECE, WRITE, FlowPlan, FlowResult
from netlab.experiments.tcp.flow_window import Stall, WindowCourse
from netlab.experiments.wire.evidence import packets
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Trace, recorded
from netlab.experiments.wire.trace_tables import report
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.notation import size_bytes
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement
from netlab.report.rows import table_of

_BUFFERS = 1 << 12, 1 << 18
_LARGEST = 1 << 22
_HELD = 5  # times the buffer: more than both kernels can hold


@dataclass(frozen=True, slots=True)
class Parameters:
    """`buffer` is SO_RCVBUF of the reader and SO_SNDBUF of the writer. The reader stops after `read_bytes` of
    `size_bytes`, until there were `probes`. `delay_s` is one way."""

    size_bytes: Annotated[int, Option("What is written: 600K.", "BYTES", parse=size_bytes)] = 600_000
    read_bytes: Annotated[int, Option("What is read of it before the reader stops.", "BYTES", parse=size_bytes)] = (
        200_000
    )
    buffer: Annotated[int, Option("SO_RCVBUF there, SO_SNDBUF here: 64K.", "BYTES", parse=size_bytes)] = 65_536
    probes: Annotated[int, Option("So many, then the reader goes on.", "N", 3, 5)] = 3
    delay_s: Delay = 0.03
    timeline: Annotated[bool, Option("Show it: calls, kernel, telling segments.")] = False
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """One transfer. Raises MachineLacks, UsageError."""
    if not _BUFFERS[0] <= parameters.buffer <= _BUFFERS[1]:
        raise UsageError("a buffer has between 4 KiB and 256 KiB here", "--buffer 64K")
    if parameters.size_bytes > _LARGEST:
        raise UsageError(f"every frame is recorded, so no more than {_LARGEST} bytes are sent", "--size 600K")
    least = parameters.read_bytes + _HELD * parameters.buffer
    if parameters.size_bytes < least:
        what = f"{parameters.size_bytes} bytes may all fit into what the reader takes and the two kernels hold"
        raise UsageError(what, f"--size {least}, or a smaller --buffer or --read")
    hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s), parameters.seed)
    plan = FlowPlan(hosts, parameters.size_bytes, parameters.read_bytes, parameters.buffer, parameters.probes)
    here = replace(plan, hosts=hosts.on_loopback())
    progress(0.1, "writing and reading")
    return judged(parameters, *recorded(flow_scene.play, plan, progress, parameters.pcap, on_loopback=here))


def judged(parameters: Parameters, result: FlowResult, trace: Trace) -> Measurement:
    """What was seen of the window and of both kernels, and whether it is what the RFC says."""
    draft, course = Draft(), WindowCourse.of(trace.segments)
    stall = course.stall
    _facts(draft, parameters, result, trace, course)
    blocked_s = (result.blocked.ended_ns - result.blocked.begun_ns) / 1e9
    draft.answer = say("While the reader stopped, one send() blocked for {blocked:.2f} s.", blocked=blocked_s)
    _check_kernels(draft, parameters, result)
    if not trace.lacking:  # windows and probes are seen on the wire
        _check_windows(draft, course)
    if stall is not None:
        _check_stall(draft, stall, parameters.probes, min(result.mss, parameters.buffer // 2))
        draft.tables.append(table_of(ProbeRow, _probes(stall)))
        _findings(draft, stall)
    draft.show(timeline=parameters.timeline)
    draft.tables.append(table_of(WindowRow, course.rows(), shown=False))
    title = "What the receiver allows, and what is under way"
    draft.charts.append(Chart("line", title, "window", "time", "bytes", "what"))
    claims = [] if stall is None else [(stall.zero.known_s, "Flow control: have a sense of proportion.")]
    report(draft, replace(trace, segments=tuple(course.telling())), claims)
    return draft.finish()


def _facts(draft: Draft, parameters: Parameters, result: FlowResult, trace: Trace, course: WindowCourse) -> None:
    offered, stall = course.offered, course.stall
    reading, blocked = result.reading, result.blocked
    draft.fact("window scale", offered[0].scale if offered else None, "1", "bits to shift by, from the SYN+ACK")
    draft.fact("largest window", max((each.size for each in offered), default=None), "B", "that the receiver offered")
    note = say("after {read:,} B", read=parameters.read_bytes)
    draft.fact("reader stops", trace.seconds(reading.stopped_ns), "s", note)
    if stall is not None:
        draft.fact("window is zero", stall.zero.sent_s, "s", "and the sender knows half a round trip later")
    note = say("when the sender's kernel has sent {probes} probes", probes=parameters.probes)
    draft.fact("reader begins again", trace.seconds(reading.again_ns), "s", note)
    draft.fact("send() blocked", (blocked.ended_ns - blocked.begun_ns) / 1e9, "s", "the longest of its calls")
    draft.fact("held by the receiver's kernel", reading.held_unread, "B", "inet_diag: came, and was not read")
    draft.fact("held by the sender's kernel", reading.held_unsent, "B", "inet_diag: written, and may not go")
    if stall is not None and stall.update is not None:
        before = [read for at_ns, read in reading.pieces if trace.seconds(at_ns) <= stall.update.sent_s]
        took = before[-1] - parameters.read_bytes if before else 0
        draft.fact("first window update", stall.update.size, "B")
        draft.fact("read before it", took, "B", say("in pieces of {piece} B", piece=PIECE))


def _check_kernels(draft: Draft, parameters: Parameters, result: FlowResult) -> None:
    """What calls and kernels say of it, without a look at the wire."""
    reading, blocked = result.reading, result.blocked
    claim = "when nobody reads, send() blocks until somebody reads again"
    blocks = blocked.begun_ns < reading.again_ns < blocked.ended_ns
    seen = Evidence(fact="send() blocked"), Evidence(fact="reader begins again")
    draft.check(claim, "send(2)", True, blocks, *seen)
    pending = blocked.written - parameters.read_bytes
    held = pending <= reading.held_unread + reading.held_unsent <= pending + WRITE
    claim = "what is written and not read is held by the two kernels, give or take one send()"
    seen = Evidence(fact="held by the receiver's kernel"), Evidence(fact="held by the sender's kernel")
    draft.check(claim, "tcp(7)", True, held, *seen)
    claim = "in the end every byte has arrived, in order and intact"
    whole = result.intact and reading.received == parameters.size_bytes
    draft.check(claim, "course, lecture 12", True, whole, Evidence(table="window"))


def _check_windows(draft: Draft, course: WindowCourse) -> None:
    section = "RFC 9293 §3.8.6"
    taken_back = sum(later.edge < earlier.edge for earlier, later in pairwise(course.offered))
    window = Evidence(table="window")
    draft.check("never is there more under way than the window allows", section, 0, course.beyond(), window)
    draft.check("what has been allowed is never taken back", section, 0, taken_back, window)
    zero = [] if course.stall is None else [Evidence(packet=course.stall.zero.number, field="Window")]
    claim = "when nobody reads, the window closes: it reaches 0"
    draft.check(claim, section, True, course.stall is not None, *zero)


def _check_stall(draft: Draft, stall: Stall, probes: int, least: int) -> None:
    at, section, pauses = "while the window is 0", "RFC 9293 §3.8.6.1", stall.pauses()
    zero, asked = Evidence(packet=stall.zero.number, field="Window"), packets(*stall.probes)
    draft.check(say("{at}, no new data is sent", at=at), "RFC 9293 §3.8.6", 0, stall.new_data, zero)
    draft.check(say("{at}, the sender's kernel asks", at=at), section, True, len(stall.probes) >= probes, *asked)
    answered = sum(each is not None for each in stall.answers)
    answers = [Evidence(packet=each.number) for each in stall.answers if each is not None]
    draft.check(say("{at}, every question is answered", at=at), section, len(stall.probes), answered, *answers)
    longer = len(pauses) > 1 and pauses[-1] > pauses[0]
    draft.check("it asks with longer and longer pauses", section, True, longer, Evidence(table="probes"))
    claim = "the window does not open by less than a full segment (or half the buffer)"
    opened = stall.update is not None and stall.update.size >= least
    update = [] if stall.update is None else [Evidence(packet=stall.update.number, field="Window")]
    draft.check(claim, "RFC 9293 §3.8.6.2.2", True, opened, *update)


def _probes(stall: Stall) -> Iterator[ProbeRow]:
    for number, (probe, pause_s) in enumerate(zip(stall.probes, stall.pauses(), strict=True)):
        answer = stall.answers[number]
        yield ProbeRow(number + 1, probe.sent_s, pause_s, probe.size, None if answer is None else answer.size)


def _findings(draft: Draft, stall: Stall) -> None:
    if stall.probes and all(each.size == 0 for each in stall.probes):
        draft.findings.append(
            "This kernel's probes carry no data: each repeats the number of a byte that was acknowledged long ago, and "
            "so must be answered. RFC 9293 would send one new byte, which the receiver might have to throw away."
        )
    if stall.remainder is not None:
        text = (
            "The window before it was 0 was {size} B, less than a segment. The sender kept back until a timer ran out, "
            "and only then filled it (RFC 9293 §3.8.6.2.1): small windows, filled at once, would make small segments "
            "for good."
        )
        draft.finding(say(text, size=stall.remainder.size), Evidence(packet=stall.remainder.number, field="Window"))
    if stall.update is not None:
        asked = say("The first window that was not 0 came in answer to a probe: {size:,} B.", size=stall.update.size)
        text = (
            "The reader took pieces of {piece} B, but the first window update was of {size:,} B: the receiver's kernel "
            "keeps small gains to itself. No probe had to ask for it."
        )
        opened = asked if stall.asked else say(text, piece=PIECE, size=stall.update.size)
        draft.finding(opened, Evidence(packet=stall.update.number, field="Window"))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Write to a reader that stops, and see the window close and open again.

    How much may be under way, over time; when send() blocks, and what the two
    kernels hold then; the probes, with pauses that double; the first update.
    """,
    examples=("netlab tcp-flow", "netlab tcp-flow --buffer 16K --probes 4 --timeline --pcap flow.pcap"),
)
