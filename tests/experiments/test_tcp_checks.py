"""Checks of the TCP experiments that no single value of a recorded run decides alone: from values made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from judged import Judged, failed, of_draft
from test_tcp_congestion_findings import run as congestion_run
from test_tcp_congestion_findings import told as congestion_told
from test_tcp_judgement import NOTHING, segment, trace

from netlab.experiments.tcp import flow
from netlab.experiments.tcp.congestion_run import BETA, CongestionRun, Flow
from netlab.experiments.tcp.flow_window import AdvertisedWindow, Stall, WindowCourse
from netlab.experiments.tcp.retransmit import Transfer, report_transfers
from netlab.experiments.tcp.retransmit_scene import TransferResult
from netlab.experiments.wire.trace import Segment
from netlab.packets.tcp import Tcp, sack
from netlab.report.quantity import Measurement

PROBES = 2


def window(number: int, at_s: float, size: int) -> AdvertisedWindow:
    """What an ACK of everything before 1000 allows."""
    return AdvertisedWindow(number, at_s, at_s + 0.1, 1000, size, 0)


def probe(number: int, at_s: float) -> Segment:
    """It asks for a window, and carries nothing."""
    return Segment(number, "client", at_s, at_s + 0.1, "delivered", Tcp(1, 2, ack=1), 0, 999, 1, True)


ZERO, UPDATE = window(10, 1.0, 0), window(15, 5.0, 4000)
STALL = Stall(
    ZERO,
    UPDATE,
    (probe(11, 2.0), probe(13, 4.0)),
    (window(12, 2.1, 0), window(14, 4.1, 0)),
    None,
    0,
    False,
    frozenset(),
)
COURSE = WindowCourse((), (window(9, 0.5, 2000), window(11, 0.8, 3000)), STALL)
CLOSES, TAKEN_BACK = "when nobody reads, the window closes: it reaches 0", "what has been allowed is never taken back"
NOTHING_NEW, ANSWERED = (
    "while the window is 0, no new data is sent",
    "while the window is 0, every question is answered",
)
ASKS, PAUSES = "while the window is 0, the sender's kernel asks", "it asks with longer and longer pauses"
OPENS = "the window does not open by less than a full segment (or half the buffer)"


def stalled(**changes: Any) -> Callable[[pytest.MonkeyPatch], Measurement]:
    """A window that was 0 for a while; changes are fields of Stall."""
    return lambda _: of_draft(lambda draft: flow._check_stall(draft, replace(STALL, **changes), PROBES, 1000))


def windows(**changes: Any) -> Callable[[pytest.MonkeyPatch], Measurement]:
    """The course of a window; changes are fields of WindowCourse."""
    return lambda _: of_draft(lambda draft: flow._check_windows(draft, replace(COURSE, **changes)))


def congested(algorithm: str, flow: Callable[[Flow], Flow] = lambda flow: flow, **changes: Any) -> CongestionRun:
    """A flow alone; `flow` alters it, changes are fields of the run."""
    found = congestion_run(algorithm)
    return replace(found, flows=tuple(map(flow, found.flows)), **changes)


def at(number: int, **changes: Any) -> Callable[[Flow], Flow]:
    """A flow of which one sample is another."""

    def changed(flow: Flow) -> Flow:
        samples = list(flow.samples)
        samples[number] = replace(samples[number], **changes)
        return replace(flow, samples=tuple(samples))

    return changed


def congestion(what: str, *fails: str, of: CongestionRun) -> Judged:
    """What is said of one run over a bottleneck whose queue has room for 60 frames."""
    return Judged("tcp-congestion", what, lambda _: congestion_told(of), fails)


def lossy(what: str, *fails: str, sacked: bool = True, intact: bool = True, again: int = 5) -> Judged:
    """A transfer of 50 bytes whose five segments are all lost; `again` of them are sent again, and arrive."""
    data = [segment("client", n / 10, sequence=1 + 10 * n, size=10, lost=1) for n in range(5)]
    data += [segment("client", 1 + n / 10, sequence=1 + 10 * n, size=10, again=1) for n in range(again)]
    gap = segment("server", 2.0, Tcp(2, 1, ack=1, options=(sack((20, 30)),) if sacked else ()), acknowledgment=11)
    transfer = Transfer(0.2, TransferResult(NOTHING, 50, intact, 2.0, 1, 0), trace(*data, gap))
    return Judged(
        "tcp-retransmit", what, lambda _: of_draft(lambda draft: report_transfers(draft, [transfer], 50)), fails
    )


LOST = "at 20% loss, all that was lost is delivered by a later segment"
CUBIC = at(4, ssthresh=56)  # 0.7 of 80
INTACT = "every byte arrives, in order and intact, in each run"
FULL_QUEUE = "never do more than 60 frames wait, and none is dropped while fewer do"
LESS = "what the receivers get is less than the bottleneck's rate, in each run"
AGAIN = "what was dropped was sent again: not fewer segments than drops, in each run"
GROWS = {name: f"{name}: in slow start each segment acknowledged adds one to cwnd" for name in BETA}
CUT = {
    name: f"{name}: ssthresh is {beta:.1g} of the window that met a loss, each time of 1" for name, beta in BETA.items()
}

CASES = (
    Judged("tcp-flow", "nothing of the stall", stalled()),
    Judged("tcp-flow", "new data in the stall", stalled(new_data=1), (NOTHING_NEW,)),
    Judged("tcp-flow", "an answer", stalled(answers=(window(12, 2.1, 0), None)), (ANSWERED,)),
    Judged("tcp-flow", "a probe", stalled(probes=STALL.probes[:1], answers=STALL.answers[:1]), (ASKS, PAUSES)),
    Judged("tcp-flow", "a pause", stalled(probes=(probe(11, 2.0), probe(13, 2.9))), (PAUSES,)),
    Judged("tcp-flow", "the size of the update", stalled(update=window(15, 5.0, 999)), (OPENS,)),
    Judged("tcp-flow", "the update", stalled(update=None), (OPENS,)),
    Judged("tcp-flow", "nothing of the windows", windows()),
    Judged("tcp-flow", "the stall", windows(stall=None), (CLOSES,)),
    Judged("tcp-flow", "an edge", windows(offered=COURSE.offered[::-1]), (TAKEN_BACK,)),
    lossy("nothing of the transfers"),
    lossy("SACK blocks", "at 20% loss, the receiver reports its gaps in SACK blocks", sacked=False),
    lossy("a segment that was lost", LOST, again=4),
    lossy("a byte", "at 20% loss, every byte arrives, in order and intact", intact=False),
    congestion("nothing", of=congested("reno")),
    congestion("nothing of cubic", of=congested("cubic", CUBIC)),
    congestion("a byte", INTACT, of=congested("reno", lambda flow: replace(flow, intact=False))),
    congestion("frames waiting", FULL_QUEUE, of=congested("reno", queue=((0.1, 61),))),
    congestion("a drop with room left", FULL_QUEUE, of=congested("reno", drops=((0.05, 59),))),
    congestion("the rate", LESS, of=congestion_run("reno", rates=(1_250_000,))),
    congestion("sent again", AGAIN, of=congested("reno", lambda flow: replace(flow, retransmitted=0))),
    congestion("cwnd", GROWS["reno"], of=congested("reno", at(2, cwnd=35))),
    congestion("cwnd of cubic", GROWS["cubic"], of=congested("cubic", lambda flow: CUBIC(at(2, cwnd=35)(flow)))),
    congestion("ssthresh", CUT["reno"], of=congested("reno", at(4, ssthresh=56))),
    congestion("ssthresh of cubic", CUT["cubic"], of=congested("cubic", at(4, ssthresh=40))),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exactly_the_checks_of_what_is_wrong_fail(case: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(case.measure(monkeypatch)) == case.fails
