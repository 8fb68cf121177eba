"""`netlab tcp-retransmit`: loss, and what TCP does about it (lecture 11: lost packets, kept promises).

The same transfer over wires that lose more and more; a wire that is cut for a while; a peer that is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import retransmit_one_loss, retransmit_scene
from netlab.experiments.tcp.retransmit_rows import LossStepRow, SynRow, TransferRow, TryRow
from netlab.experiments.tcp.retransmit_scene import DOUBLINGS, RtoStep, TransferPlan, TransferResult
from netlab.experiments.wire.options import WIRE, Delay, Pcap, Seed
from netlab.experiments.wire.trace import Segment, Trace, check_path, observe, save
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.notation import size_bytes
from netlab.option import Option
from netlab.packets.tcp import SACK
from netlab.progress import Progress, silent
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement
from netlab.report.rows import table_of

_SEEN_S = 0.03  # between a try and the moment that the doubled timeout was seen
_WAYS = {"client": "as in the textbook", "server": "as this kernel has it"}
_LARGEST = 1 << 20  # more would take minutes where a third is lost


def _chances(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(item) for item in text.split(","))
    except ValueError:
        raise UsageError(f"--losses {text}: chances look like this: 0,0.01,0.05") from None


@dataclass(frozen=True, slots=True)
class Parameters:
    """`losses`: chances, one transfer of `size_bytes` each. `delay_s` is one way. `silent`: call a silent peer, too."""

    losses: Annotated[
        tuple[float, ...],
        Option("Chances, a transfer each.", "LIST", panel=WIRE, parse=_chances, shown="0,0.01,0.05,0.2"),
    ] = (0.0, 0.01, 0.05, 0.2)
    size_bytes: Annotated[int, Option("Of a transfer: 100K, 1M.", "BYTES", parse=size_bytes)] = 200_000
    delay_s: Delay = 0.01
    silent: Annotated[bool, Option("Call a silent peer, too: takes 7 s.")] = True
    pcap: Pcap = None
    seed: Seed = 1


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that was run at a chance of `loss`."""

    loss: float
    result: TransferResult
    trace: Trace

    def data(self) -> list[Segment]:
        """Segments from the client that carry data."""
        return [each for each in self.trace.segments if each.sender == "client" and each.size]

    def row(self) -> TransferRow:
        """What it came to. SACKs are the receiver's ACKs that report gaps."""
        data, result = self.data(), self.result
        acks = [each for each in self.trace.segments if each.sender == "server"]
        reports = sum(any(option.kind == SACK for option in each.tcp.options) for each in acks)
        lost, again = sum(each.fate == "dropped" for each in data), sum(each.again for each in data)
        return TransferRow(self.loss, len(data), lost, again, result.fast, result.timeouts, reports, result.took_s)


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """All three. Raises MachineLacks, UsageError."""
    if not parameters.losses or not all(0 <= loss <= 0.3 for loss in parameters.losses):
        raise UsageError("losses are chances between 0 and 0.3", "--losses 0,0.01,0.05,0.2")
    if not 0 < parameters.size_bytes <= _LARGEST:
        raise UsageError("a transfer has between 1 byte and 1 MiB here: every frame is recorded", "--size 200K")
    check_path(parameters.pcap)
    hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s), parameters.seed)
    transfers: list[Transfer] = []
    for number, loss in enumerate(parameters.losses):
        progress(0.5 * number / len(parameters.losses), f"a transfer at {loss:.0%} loss")
        plan = TransferPlan(hosts, loss, parameters.size_bytes)
        transfers.append(Transfer(loss, *observe(retransmit_scene.transfer, plan, silent)))
    save(transfers[parameters.losses.index(max(parameters.losses))].trace, parameters.pcap)
    draft = Draft()
    report_transfers(draft, transfers, parameters.size_bytes)
    progress(0.5, "a wire that is cut")
    report_outage(draft, *observe(retransmit_scene.outage, hosts, silent))
    if parameters.silent:
        progress(0.7, "a silent peer")
        hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s, blocked=True), parameters.seed)
        report_silent_peer(draft, *observe(retransmit_scene.silent, hosts, silent))
    return draft.finish()


def report_transfers(draft: Draft, transfers: Sequence[Transfer], size: int) -> None:
    """The same transfer of `size` bytes at more and more loss."""
    rows = [each.row() for each in transfers]
    for number, (transfer, row) in enumerate(zip(transfers, rows, strict=True)):
        seen = Evidence(table="transfers", row=number)
        at, source = say("at {loss:.0%} loss", loss=row.loss), "course, lecture 11; RFC 9293 §3.8"
        result = transfer.result
        whole = result.intact and result.received == size
        draft.check(say("{at}, every byte arrives, in order and intact", at=at), source, True, whole, seen)
        if row.lost:
            claim = say("{at}, all that was lost is delivered by a later segment", at=at)
            draft.check(claim, "RFC 9293 §3.8.1", True, covered(transfer.data(), size), seen)
        if row.lost >= 5:
            claim = say("{at}, the receiver reports its gaps in SACK blocks", at=at)
            draft.check(claim, "RFC 2018 §4", True, row.sacks > 0, seen)
    draft.tables.append(table_of(TransferRow, rows))
    draft.charts.append(Chart("bar", "The same transfer, at more and more loss", "transfers", "loss", "took"))
    losses = [row.loss for row in rows]
    worst, best = rows[losses.index(max(losses))], rows[losses.index(min(losses))]
    text = "At {loss:.0%} loss the transfer took {took:.2f} s, at {least:.0%} {best:.2f} s."
    draft.answer = say(text, loss=worst.loss, took=worst.took, least=best.loss, best=best.took)
    if worst.lost:
        text = (
            "At {loss:.0%} loss {sent_again} segments were sent again: {fast} by fast retransmit, on word of the "
            "receiver, within a round trip. {timeouts} timeouts, of 200 ms or more each, cost the rest of the time; "
            "what was sent again on either account and is in neither number went out in the slow start after a "
            "timeout, or to probe for a loss at the end (RFC 8985)."
        )
        told = say(text, loss=worst.loss, sent_again=worst.sent_again, fast=worst.fast, timeouts=worst.timeouts)
        draft.finding(told, Evidence(table="transfers", row=losses.index(worst.loss)))
    stories = (retransmit_one_loss.steps(each.trace) for each in transfers)
    if story := next(filter(None, stories), None):
        draft.tables.append(table_of(LossStepRow, story))


def covered(data: Sequence[Segment], size: int) -> bool:
    """Whether the segments that arrived have every byte between them. Sequence number 1 is the first byte."""
    reached = 1
    for first, length in sorted((each.sequence, each.size) for each in data if each.arrived_s is not None):
        if first > reached:
            return False
        reached = max(reached, first + length)
    return reached == size + 1


def report_outage(draft: Draft, result: retransmit_scene.OutageResult, trace: Trace) -> None:
    """A wire that is cut while the timeout doubles."""
    timeouts = result.timeouts
    sent = [each.sent_s for each in trace.segments if each.sender == "client" and each.size]
    rows = list(_tries([at_s - sent[0] for at_s in sent], timeouts))
    draft.tables.append(table_of(TryRow, rows))
    if any(row.why == "loss probe" for row in rows):
        draft.findings.append(
            "On the wire that was cut, try 1 was no timeout yet: it was a probe for a lost tail (RFC 8985 §7), which "
            "doubles nothing. So two pauses are alike before they begin to double."
        )
    ratios = ", ".join(f"{later.rto_s / earlier.rto_s:.1f}" for earlier, later in pairwise(timeouts))
    tries = Evidence(table="a wire that is cut")
    draft.check("every timeout is twice the one before", "RFC 6298 §5.5", ", ".join(["2.0"] * DOUBLINGS), ratios, tries)
    draft.check("after a timeout one segment is allowed under way", "RFC 5681 §3.1", 1, timeouts[-1].cwnd, tries)
    draft.check("when the wire is whole again, the data arrives", "RFC 9293 §3.8.1", True, result.arrived > 0, tries)
    draft.fact("timeout before the cut", timeouts[0].rto_s, "s", "TCP_INFO; Linux never goes below 200 ms")


def _tries(tries: Sequence[float], timeouts: Sequence[RtoStep]) -> Iterator[TryRow]:
    """A timeout that has doubled was seen within moments of the try that it led to; a try that doubled none is a probe.

    Of the tries after the last doubling that was seen, nothing is known.
    """
    doubled: dict[int, float] = {}
    for timeout in timeouts:
        sent = [number for number, at_s in enumerate(tries) if at_s <= timeout.at_s + _SEEN_S]
        doubled[sent[-1] if sent else 0] = timeout.rto_s
    rto_s: float | None = None
    for number, at_s in enumerate(tries):
        why: str | None = "the data" if number == 0 else "timeout" if number in doubled else "loss probe"
        rto_s = doubled.get(number, rto_s)
        if number > max(doubled):
            why = rto_s = None
        yield TryRow(number, at_s, at_s - tries[number - 1] if number else None, why, rto_s)


def report_silent_peer(draft: Draft, result: retransmit_scene.SilentResult, trace: Trace) -> None:
    """How long connect(2) tries to reach a peer that does not answer."""
    draft.fact("tcp_syn_linear_timeouts", result.linear, "1", "of this kernel; older ones than 6.5 have none")
    rows: list[SynRow] = []
    for host, way in _WAYS.items():
        sent = [each.sent_s for each in trace.segments if each.sender == host]
        rows += [SynRow(way, number, at_s - sent[0]) for number, at_s in enumerate(sent, start=1)]
        if len(sent) < 3:
            continue
        growing = sent[2] - sent[1] > 1.5 * (sent[1] - sent[0])
        if host == "client":
            claim = "SYN retries as in the textbook: each pause is longer than the last"
            draft.check(claim, "RFC 6298 §5.5", True, growing, Evidence(table="a silent peer"))
        elif result.linear:
            claim = "SYN retries of new kernels: the first pauses are alike"
            draft.check(claim, "tcp_syn_linear_timeouts", True, not growing, Evidence(table="a silent peer"))
    outcome = ", ".join(result.outcome)
    draft.check(
        "in the end, connect() fails: timed out",
        "connect(2)",
        "ETIMEDOUT, ETIMEDOUT",
        outcome,
        Evidence(table="a silent peer"),
    )
    draft.tables.append(table_of(SynRow, rows))
    draft.charts.append(Chart("line", "SYNs to a silent peer", "a silent peer", "sent", "SYN", "way"))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Lose segments, and see how TCP notices and what it does.

    The same transfer at more and more loss; a wire that is cut while the timeout
    doubles; and how long connect() tries to reach a peer that is silent.
    """,
    examples=("netlab tcp-retransmit", "netlab tcp-retransmit --losses 0,0.1,0.3 --seed 7 --pcap loss.pcap"),
)
