"""`netlab tcp-retransmit`: loss, and what TCP does about it (lecture 11: lost packets, kept promises).

The same transfer over wires that lose more and more; a wire that is cut for a while; a peer that is silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import retransmit_one_loss, retransmit_scene
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import WIRE, Delay, Pcap, Seed
from netlab.experiments.wire.trace import Segment, Trace
from netlab.network.conditions import Conditions
from netlab.notation import size_bytes
from netlab.option import Option
from netlab.packets.tcp import SACK
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table, Value

_SYN_RETRIES = 2  # the third pause of the textbook's would be eight seconds long
_DOUBLINGS = 2
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


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """All three. Raises MachineLacks, UsageError."""
    if not parameters.losses or not all(0 <= loss <= 0.3 for loss in parameters.losses):
        raise UsageError("losses are chances between 0 and 0.3", "--losses 0,0.01,0.05,0.2")
    if not 0 < parameters.size_bytes <= _LARGEST:
        raise UsageError("a transfer has between 1 byte and 1 MiB here: every frame is recorded", "--size 200K")
    trace.check_path(parameters.pcap)
    draft = Draft()
    transfers = []
    for number, loss in enumerate(parameters.losses):
        progress(0.5 * number / len(parameters.losses), f"a transfer at {loss:.0%} loss")
        transfers.append((loss, _play(parameters, "transfer", loss=loss, size=parameters.size_bytes)))
    trace.save(max(transfers, key=lambda each: each[0])[1], parameters.pcap)
    _transfers(draft, parameters, transfers)
    progress(0.5, "a wire that is cut")
    _outage(draft, _play(parameters, "outage", doublings=_DOUBLINGS))
    if parameters.silent:
        progress(0.7, "a silent peer")
        _silent(draft, _play(parameters, "silent", blocked=True, retries=_SYN_RETRIES))
    return draft.finish()


def _play(parameters: Parameters, case: str, *, blocked: bool = False, **config: Any) -> Trace:
    conditions = trace.both(Conditions(delay_s=parameters.delay_s, blocked=blocked))
    whole = {"conditions": conditions, "seed": parameters.seed, "case": case, **config}
    return trace.run(retransmit_scene.play, whole, lambda done, text: None)


def _transfers(draft: Draft, parameters: Parameters, transfers: Sequence[tuple[float, Trace]]) -> None:
    rows: list[tuple[Value, ...]] = []
    for loss, seen in transfers:
        data = [each for each in seen.segments if each.sender == "client" and each.size]
        lost = sum(each.fate == "dropped" for each in data)
        counted = seen.result["counters"]
        rows.append(
            (
                loss,
                len(data),
                lost,
                sum(each.again for each in data),
                counted.get("TcpExtTCPFastRetrans", 0),
                counted.get("TcpExtTCPTimeouts", 0),
                len(_sacking(seen)),
                seen.result["took_s"],
            )
        )
        at = f"at {loss:.0%} loss"
        draft.check(
            f"{at}, every byte arrives, in order and intact",
            "course, lecture 11; RFC 9293 §3.8",
            True,
            seen.result["intact"] and seen.result["received"] == parameters.size_bytes,
        )
        if lost:
            draft.check(
                f"{at}, all that was lost is delivered by a later segment",
                "RFC 9293 §3.8.1",
                True,
                _covered(data, parameters.size_bytes),
            )
        if lost >= 5:
            draft.check(
                f"{at}, the receiver reports its gaps in SACK blocks", "RFC 2018 §4", True, bool(_sacking(seen))
            )
    columns = (
        Column("loss", "share"),
        Column("segments", "1"),
        Column("lost", "1"),
        Column("sent again", "1"),
        Column("fast", "1"),
        Column("timeouts", "1"),
        Column("SACKs", "1"),
        Column("took", "s"),
    )
    draft.tables.append(Table("transfers", columns, tuple(rows)))
    draft.charts.append(Chart("bar", "The same transfer, at more and more loss", "transfers", "loss", "took"))
    worst = max(rows, key=lambda row: float(row[0] or 0))
    if worst[2]:
        _finding(draft, *worst)
    story = next((told for _, seen in transfers if (told := retransmit_one_loss.story(seen))), None)
    if story:
        draft.tables.append(story)


def _finding(
    draft: Draft, loss: Value, _segments: Value, _lost: Value, again: Value, fast: Value, timeouts: Value, *_rest: Value
) -> None:
    draft.findings.append(
        f"At {float(loss or 0):.0%} loss {again} segments were sent again: {fast} by fast retransmit, on word of the "
        f"receiver, within a round trip. {timeouts} timeouts, of 200 ms or more each, cost the rest of the time; what "
        "was sent again on either account and is in neither number went out in the slow start after a timeout, or to "
        "probe for a loss at the end (RFC 8985)."
    )


def _sacking(seen: Trace) -> list[Segment]:
    """The receiver's ACKs that report gaps."""
    return [
        each
        for each in seen.segments
        if each.sender == "server" and any(option.kind == SACK for option in each.tcp.options)
    ]


def _covered(data: Sequence[Segment], size: int) -> bool:
    """Whether the segments that arrived have every byte between them. Sequence number 1 is the first byte."""
    reached = 1
    for each in sorted((each for each in data if each.arrived_s is not None), key=lambda each: each.sequence):
        if each.sequence > reached:
            return False
        reached = max(reached, each.sequence + each.size)
    return reached == size + 1


def _outage(draft: Draft, seen: Trace) -> None:
    timeouts = seen.result["timeouts"]
    sent = [each.sent_s for each in seen.segments if each.sender == "client" and each.size]
    # A timeout that has doubled was seen within moments of the try that it led to; a try that doubled none is a probe.
    tries = [at_s - sent[0] for at_s in sent]
    doubled = {
        max((k for k, at_s in enumerate(tries) if at_s <= each["at_s"] + _SEEN_S), default=0): each["rto_s"]
        for each in timeouts
    }
    rows: list[tuple[Value, ...]] = []
    rto_s: float | None = None
    for number, at_s in enumerate(tries):
        known = number <= max(doubled)
        rto_s = doubled.get(number, rto_s) if known else None
        why = "the data" if number == 0 else None if not known else "timeout" if number in doubled else "loss probe"
        rows.append((number, at_s, None if number == 0 else at_s - tries[number - 1], why, rto_s))
    columns = (
        Column("try", "1"),
        Column("sent", "s"),
        Column("pause before", "s"),
        Column("why", ""),
        Column("timeout then", "s"),
    )
    draft.tables.append(Table("a wire that is cut", columns, tuple(rows)))
    if any(row[3] == "loss probe" for row in rows):
        draft.findings.append(
            "On the wire that was cut, try 1 was no timeout yet: it was a probe for a lost tail (RFC 8985 §7), which "
            "doubles nothing. So two pauses are alike before they begin to double."
        )
    ratios = [round(later["rto_s"] / earlier["rto_s"], 1) for earlier, later in pairwise(timeouts)]
    draft.check(
        "every timeout is twice the one before",
        "RFC 6298 §5.5",
        ", ".join(["2.0"] * _DOUBLINGS),
        ", ".join(map(str, ratios)),
    )
    draft.check("after a timeout one segment is allowed under way", "RFC 5681 §3.1", 1, timeouts[-1]["cwnd"])
    draft.check("when the wire is whole again, the data arrives", "RFC 9293 §3.8.1", True, seen.result["arrived"] > 0)
    draft.fact("timeout before the cut", timeouts[0]["rto_s"], "s", "TCP_INFO; Linux never goes below 200 ms")


def _silent(draft: Draft, seen: Trace) -> None:
    linear = seen.result["linear"]
    draft.fact("tcp_syn_linear_timeouts", linear, "1", "of this kernel; older ones than 6.5 have none")
    rows: list[tuple[Value, ...]] = []
    for host, way in _WAYS.items():
        sent = [each.sent_s for each in seen.segments if each.sender == host]
        rows += [(way, number, at_s - sent[0]) for number, at_s in enumerate(sent, start=1)]
        pauses = [later - earlier for earlier, later in pairwise(sent)]
        if host == "client" and len(pauses) > 1:
            draft.check(
                "SYN retries as in the textbook: each pause is longer than the last",
                "RFC 6298 §5.5",
                True,
                pauses[1] > 1.5 * pauses[0],
            )
        if host == "server" and linear and len(pauses) > 1:
            draft.check(
                "SYN retries of new kernels: the first pauses are alike",
                "tcp_syn_linear_timeouts",
                True,
                pauses[1] < 1.5 * pauses[0],
            )
    draft.check(
        "in the end, connect() fails: timed out",
        "connect(2)",
        "ETIMEDOUT, ETIMEDOUT",
        ", ".join(seen.result["outcome"]),
    )
    draft.tables.append(
        Table("a silent peer", (Column("way", ""), Column("SYN", "1"), Column("sent", "s")), tuple(rows))
    )
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
