"""What the TCP experiments make of a trace: judged without a network, from segments and results made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netlab.experiments.tcp import backlog, handshake, retransmit, retransmit_one_loss, teardown
from netlab.experiments.tcp.backlog_rows import AttemptRow, QueueRow
from netlab.experiments.tcp.backlog_scene import BacklogResult
from netlab.experiments.tcp.flow_window import WindowCourse
from netlab.experiments.tcp.handshake_rows import SegmentRow
from netlab.experiments.tcp.handshake_scene import HandshakeResult
from netlab.experiments.tcp.retransmit_rows import SynRow, TransferRow, TryRow
from netlab.experiments.tcp.retransmit_scene import OutageResult, RtoStep, SilentResult, TransferResult
from netlab.experiments.tcp.teardown_rows import HeldStateRow
from netlab.experiments.tcp.teardown_scene import HalfClose, TeardownResult
from netlab.experiments.wire.trace import Segment, Trace
from netlab.network.observation import Observation
from netlab.network.timeline import Event, Kind
from netlab.packets.tcp import Tcp, mss, sack, window_scale
from netlab.report.quantity import Draft, Lack, Measurement
from netlab.report.rows import rows_of

NOTHING = Observation((), (), 0, 0, {})


def segment(sender: str, sent_s: float, tcp: Tcp | None = None, **more: int) -> Segment:
    """It arrives half a second later, unless `lost`."""
    tcp = tcp or Tcp(1, 2, ack=1)
    arrived_s = None if more.get("lost") else sent_s + 0.5
    fate, again = "dropped" if more.get("lost") else "delivered", bool(more.get("again"))
    sequence, size, ack = more.get("sequence", 1), more.get("size", 0), more.get("acknowledgment")
    return Segment(more.get("number", 1), sender, sent_s, arrived_s, fate, tcp, size, sequence, ack, again)


def event(at_s: float, host: str, kind: Kind, what: str, detail: str = "") -> Event:
    return Event(round(at_s * 1e9), host, kind, what, detail)


def trace(*segments: Segment, events: tuple[Event, ...] = (), lacking: Lack | None = None) -> Trace:
    return Trace(replace(NOTHING, events=events), 0, (), segments, lacking)


def failed(draft: Draft | Measurement) -> list[str]:
    return [check.claim for check in draft.checks if not check.passed]


# Handshake

SYN = Tcp(1, 2, 100, syn=1, options=(mss(1460), window_scale(3)))
SYN_ACK = Tcp(2, 1, 2**32 - 1, 101, syn=1, ack=1, options=(mss(1460), window_scale(3)))
ACK = Tcp(1, 2, 101, 0, ack=1, window=10)
CALLS = (
    event(0.0, "client", "state", "CLOSED"),
    event(0.0, "server", "state", "CLOSED"),
    event(0.0, "server", "state", "LISTEN"),
    event(0.0, "client", "call", "connect(…)"),
    event(0.1, "client", "state", "SYN-SENT"),
    event(0.6, "server", "state", "SYN-RECEIVED"),
    event(1.1, "client", "state", "ESTABLISHED"),
    event(1.2, "client", "return", "connect(…)"),
    event(1.7, "server", "state", "ESTABLISHED"),
    event(1.8, "server", "return", "accept()"),
)


def opened(*tcp: Tcp, events: tuple[Event, ...] = CALLS, lacking: Lack | None = None) -> Measurement:
    senders = ("client", "server", "client")
    segments = [segment(senders[number], 0.1 + number / 2, each) for number, each in enumerate(tcp)]
    seen = trace(*segments, events=events, lacking=lacking)
    return handshake.judged(handshake.Parameters(), HandshakeResult(NOTHING, 1.0), seen)


def test_a_handshake_with_numbers_that_wrap() -> None:
    found = opened(SYN, SYN_ACK, ACK)
    assert found.passed and found.fact("connect() took").value == pytest.approx(1.2)
    (finding,) = found.findings
    assert "10 × 8 = 80 bytes" in finding
    assert rows_of(SegmentRow, found)[1].acknowledges == "101" and rows_of(SegmentRow, found)[0].acknowledges is None
    held = {row.state: row.lasted for row in rows_of(HeldStateRow, found)}
    assert held == {"client SYN-SENT": pytest.approx(1.0), "server SYN-RECEIVED": pytest.approx(1.1)}


def test_a_call_that_returned_too_early_and_a_wrong_number_are_found_out() -> None:
    early = tuple(replace(each, at_ns=10**9) if each.kind == "return" else each for each in CALLS)
    assert failed(opened(SYN, SYN_ACK, ACK, events=early)) == [
        "connect() returned after the SYN+ACK had come",
        "accept() returned after the ACK had come",
    ]
    assert failed(opened(SYN, replace(SYN_ACK, acknowledgment=100), ACK)) == [
        "the SYN+ACK acknowledges the client's number + 1"
    ]


def test_without_a_wire_nothing_is_said_of_it() -> None:
    found = opened(events=CALLS, lacking=Lack("no networks", ""))
    assert found.passed and len(found.checks) == 3 and not found.findings and found.lacking
    assert [fact.name for fact in found.facts] == ["connect() took"]


# Teardown

ORDERLY = (
    *(event(at_s, "client", "state", state) for at_s, state in ((0.1, "FIN-WAIT-1"), (1.0, "FIN-WAIT-2"))),
    event(1.5, "client", "state", "TIME-WAIT"),
    *(event(at_s, "server", "state", state) for at_s, state in ((0.6, "CLOSE-WAIT"), (1.0, "LAST-ACK"))),
    event(2.0, "server", "gone", "CLOSED"),
)
FOUR = (
    segment("client", 0.1, Tcp(1, 2, fin=1, ack=1), sequence=1),
    segment("server", 0.6, acknowledgment=2),
    segment("server", 1.0, Tcp(2, 1, fin=1, ack=1), sequence=1, acknowledgment=2),
    segment("client", 1.5, acknowledgment=2),
)


def ended(*segments: Segment, size: int = 10, timer_s: float | None = 59.0) -> Measurement:
    result = TeardownResult(NOTHING, HalfClose(size, timer_s))
    return teardown.judged(teardown.find("orderly"), result, trace(*segments, events=ORDERLY))


def test_an_orderly_close() -> None:
    found = ended(*FOUR)
    assert found.passed and found.fact("in TIME-WAIT at the end").value == "client"
    lasted = {row.state: row.lasted for row in rows_of(HeldStateRow, found)}
    assert lasted["client FIN-WAIT-1"] == pytest.approx(0.9) and lasted["client TIME-WAIT"] is None


@pytest.mark.parametrize(("timer_s", "passed"), [(60.0, True), (60.1, False), (30.0, False), (None, False)])
def test_time_wait_is_a_minute_at_most(timer_s: float | None, passed: bool) -> None:
    assert ended(*FOUR, timer_s=timer_s).passed == passed


def test_a_fin_that_is_acknowledged_with_the_next_one_makes_three_segments() -> None:
    assert failed(ended(FOUR[0], *FOUR[2:])) == ["each FIN is acknowledged by itself: four segments"]
    assert failed(ended(*FOUR, size=9)) == ["data flows to the side that has closed"]


# Backlog


def test_who_fits_and_who_is_turned_away() -> None:
    states = ("ESTABLISHED",) * 4 + ("SYN-SENT",) * 2
    attempts = tuple(AttemptRow(n, state, min(n, 4), max(n - 4, 0)) for n, state in enumerate(states, start=1))
    queue = BacklogResult(NOTHING, 3, 2, 2, 0, 0, attempts=attempts, got_in=1, established=1)
    lacking = trace(lacking=Lack("no networks", ""))
    parameters = backlog.Parameters(clients=6)
    found = backlog.judged(parameters, {backlog.ACCEPT_QUEUE: (queue, lacking)})
    assert found.passed and found.fact("turned away").value == 2 and "The 5th got no answer" in found.findings[0]
    assert rows_of(QueueRow, found) == [QueueRow("accept queue", 3, 4, 0, 2, 0)] and len(found.findings) == 1
    crowd = replace(queue, established=2, got_in=1, overflows=1)
    found = backlog.judged(parameters, {backlog.ACCEPT_QUEUE: (crowd, lacking)})
    assert failed(found) == ["the kernel counts every SYN it drops for it"] and "2 clients" in found.findings[1]


@pytest.mark.parametrize(("number", "word"), [(1, "1st"), (2, "2nd"), (13, "13th"), (22, "22nd"), (111, "111th")])
def test_ordinals(number: int, word: str) -> None:
    assert backlog._ordinal(number) == word


# Retransmission


def lossy() -> tuple[Segment, ...]:
    """The second of five segments is lost; four ACKs ask for it, and the last one of them is sent in vain."""
    data = [segment("client", n / 10, Tcp(1, 2, 1000 + 10 * n), sequence=1 + 10 * n, size=10) for n in range(5)]
    data[1] = replace(data[1], arrived_s=None, fate="dropped")

    def report(at_s: float, right: int) -> Segment:
        tcp = Tcp(2, 1, ack=1, options=(sack((1020, 999 + right)),))
        return replace(segment("server", at_s, tcp, acknowledgment=11), arrived_s=at_s + 0.1)

    reports = [report(0.71, 31), report(0.72, 41), report(0.73, 51), report(0.74, 51)]
    again = segment("client", 1.0, Tcp(1, 2, 1010), sequence=11, size=10, again=1)
    return (*data, *reports, again, segment("server", 1.5, acknowledgment=51))


def test_a_loss_is_told_step_by_step() -> None:
    steps = retransmit_one_loss.steps(trace(*lossy()))
    assert [(step.host, step.segment) for step in steps] == [
        ("client", "bytes 11–20"),
        *[("server", "ACK 11")] * 3,
        ("server", "ACKs"),
        ("client", "bytes 11–20"),
        ("server", "ACK 51"),
    ]
    assert steps[1].what_it_tells == "report 1: next I need 11, but I have 21–30" and steps[0].after == 0
    assert steps[4].what_it_tells == "1 more of them" and steps[5].after == pytest.approx(0.9)
    unasked = [each for each in lossy() if each.acknowledgment != 11]
    assert retransmit_one_loss.steps(trace(*unasked)) == []


def test_transfers_are_counted_and_the_worst_is_told_of() -> None:
    result = TransferResult(NOTHING, 50, True, 2.0, fast=1, timeouts=0)
    clean = retransmit.Transfer(0.0, result, trace())
    whole = retransmit.Transfer(0.2, result, trace(*lossy()))
    draft = Draft()
    retransmit.report_transfers(draft, [clean, whole], 50)
    assert not failed(draft) and draft.findings[0].startswith("At 20% loss 1 segments were sent again: 1 by fast")
    found = draft.finish()
    assert rows_of(TransferRow, found)[1] == TransferRow(0.2, 6, 1, 1, 1, 0, 4, 2.0)
    draft = Draft()
    retransmit.report_transfers(draft, [replace(whole, trace=trace(*lossy()[:-2]))], 50)
    assert failed(draft) == ["at 20% loss, all that was lost is delivered by a later segment"]


def test_a_try_that_doubles_nothing_is_a_probe() -> None:
    sent = [segment("client", at_s, size=17) for at_s in (1.0, 1.2, 1.4, 1.8, 2.6)]
    timeouts = (RtoStep(0, 0.2, 10, 0.0), RtoStep(1, 0.4, 1, 0.401), RtoStep(2, 0.8, 1, 0.802))
    draft = Draft()
    retransmit.report_outage(draft, OutageResult(NOTHING, timeouts, 17), trace(*sent))
    assert not failed(draft) and "try 1 was no timeout yet" in draft.findings[0]
    rows = rows_of(TryRow, draft.finish())
    assert [row.why for row in rows] == ["the data", "loss probe", "timeout", "timeout", None]
    assert [row.timeout_then for row in rows] == [0.2, 0.2, 0.4, 0.8, None] and rows[0].pause_before is None
    wrong = (*timeouts[:2], RtoStep(2, 0.9, 2, 0.802))
    draft = Draft()
    retransmit.report_outage(draft, OutageResult(NOTHING, wrong, 0), trace(*sent))
    assert len(failed(draft)) == 3


@pytest.mark.parametrize(("linear", "checks"), [(4, 3), (0, 2), (None, 2)])
def test_a_kernel_without_linear_timeouts_is_not_judged_by_them(linear: int | None, checks: int) -> None:
    syns = [segment("client", at_s) for at_s in (1.0, 2.0, 4.0)] + [segment("server", at_s) for at_s in (1.0, 2.0, 3.0)]
    draft = Draft()
    retransmit.report_silent_peer(draft, SilentResult(NOTHING, linear, ("ETIMEDOUT", "ETIMEDOUT")), trace(*syns))
    assert not failed(draft) and len(draft.checks) == checks
    assert rows_of(SynRow, draft.finish())[2] == SynRow("as in the textbook", 3, 3.0)


# Flow control


def test_data_beyond_the_window_that_was_known_is_found() -> None:
    window = segment("server", 0.0, Tcp(2, 1, ack=1, window=20), acknowledgment=1, number=7)
    inside, beyond = segment("client", 1.0, size=20), segment("client", 2.0, sequence=2, size=20)
    course = WindowCourse.of((window, inside, beyond))
    assert course.beyond() == 1 and WindowCourse.of((window, inside)).beyond() == 0
    assert WindowCourse.of((window, replace(inside, sent_s=0.4))).beyond() == 1  # the window was not known yet
    assert {(row.what, row.bytes) for row in course.rows() if row.time == 0.5} == {("window", 20), ("in flight", 0)}
