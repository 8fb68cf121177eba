"""`netlab tcp-flow`: a reader that stops, and a sender that must wait for it (lecture 12: flow control).

Follows RFC 9293 §3.8.6 (the window), §3.8.6.1 (zero-window probes) and §3.8.6.2 (the silly window syndrome). Congestion
control, the network's say in how much may be under way, is left to other experiments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import flow_scene
from netlab.experiments.tcp.flow_scene import PIECE, WRITE
from netlab.experiments.tcp.flow_window import AdvertisedWindow, Stall, course, stall_of, windows
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Segment, Trace
from netlab.network.conditions import Conditions
from netlab.notation import size_bytes
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table, Value

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
        raise UsageError(
            f"{parameters.size_bytes} bytes may all fit into what the reader takes and the two kernels hold",
            f"--size {least}, or a smaller --buffer or --read",
        )
    trace.check_path(parameters.pcap)
    config = {
        "conditions": trace.both(Conditions(delay_s=parameters.delay_s)),
        "seed": parameters.seed,
        "size": parameters.size_bytes,
        "read": parameters.read_bytes,
        "buffer": parameters.buffer,
        "probes": parameters.probes,
    }
    progress(0.1, "writing and reading")
    seen = trace.run(flow_scene.play, config, progress, on_loopback=parameters.pcap is None)
    trace.save(seen, parameters.pcap)
    draft = Draft()
    told = list(windows(seen.segments))
    stall = stall_of(seen.segments, told)
    _facts(draft, parameters, seen, told, stall)
    _checks(draft, parameters, seen, told, stall)
    draft.fact("show the timeline", parameters.timeline, "")
    if stall is not None:
        draft.tables.append(_probes(stall))
        _findings(draft, seen, stall)
    draft.tables.append(course(seen.segments, told))
    draft.charts.append(
        Chart("line", "What the receiver allows, and what is under way", "window", "time", "bytes", "what")
    )
    trace.report(draft, replace(seen, segments=tuple(_telling(seen.segments, told, stall))), _claims(stall))
    return draft.finish()


def _since(seen: Trace, at_ns: int) -> float:
    return float(at_ns - seen.start_ns) / 1e9


def _facts(
    draft: Draft, parameters: Parameters, seen: Trace, told: Sequence[AdvertisedWindow], stall: Stall | None
) -> None:
    result = seen.result
    stopped_s, again_s = _since(seen, result["stopped_ns"]), _since(seen, result["again_ns"])
    blocked = result["blocked"]
    draft.fact("window scale", told[0].scale if told else None, "1", "bits to shift by, from the SYN+ACK")
    draft.fact("largest window", max((each.size for each in told), default=None), "B", "that the receiver offered")
    draft.fact("reader stops", stopped_s, "s", f"after {parameters.read_bytes:,} B")
    if stall is not None:
        draft.fact("window is zero", stall.zero.sent_s, "s", "and the sender knows half a round trip later")
    draft.fact("reader begins again", again_s, "s", f"when the sender's kernel has sent {parameters.probes} probes")
    draft.fact("send() blocked", (blocked["to_ns"] - blocked["from_ns"]) / 1e9, "s", "the longest of its calls")
    held = _held(seen)
    draft.fact("held by the receiver's kernel", held["server"], "B", "inet_diag: came, and was not read")
    draft.fact("held by the sender's kernel", held["client"], "B", "inet_diag: written, and may not go")
    if stall is not None and stall.update is not None:
        before = [read for at_ns, read in result["pieces"] if _since(seen, at_ns) <= stall.update.sent_s]
        took = before[-1] - parameters.read_bytes if before else 0
        draft.fact("first window update", stall.update.size, "B")
        draft.fact("read before it", took, "B", f"in pieces of {PIECE} B")


def _held(seen: Trace) -> dict[str, int | None]:
    """What each kernel held at the end of the silence: all of it unread here, all of it unsent there."""
    queue = {"server": "receive_queue", "client": "send_queue"}
    held: dict[str, int | None] = {"server": None, "client": None}
    for look in seen.result["looks"]:
        if look["at_ns"] <= seen.result["again_ns"]:
            held[look["host"]] = look[queue[look["host"]]]
    return held


def _checks(
    draft: Draft, parameters: Parameters, seen: Trace, told: Sequence[AdvertisedWindow], stall: Stall | None
) -> None:
    _kernels(draft, parameters, seen)
    if seen.lacking:
        return  # windows and probes are seen on the wire
    result, section = seen.result, "RFC 9293 §3.8.6"
    edges = [each.edge for each in told]
    draft.check("never is there more under way than the window allows", section, 0, _beyond(seen.segments, told))
    draft.check(
        "what has been allowed is never taken back",
        section,
        0,
        sum(later < earlier for earlier, later in pairwise(edges)),
    )
    draft.check("when nobody reads, the window closes: it reaches 0", section, True, stall is not None)
    if stall is not None:
        at = "while the window is 0"
        draft.check(f"{at}, no new data is sent", section, 0, stall.new_data)
        draft.check(
            f"{at}, the sender's kernel asks", "RFC 9293 §3.8.6.1", True, len(stall.probes) >= parameters.probes
        )
        draft.check(
            f"{at}, every question is answered",
            "RFC 9293 §3.8.6.1",
            len(stall.probes),
            sum(each is not None for each in stall.answers),
        )
        pauses = stall.pauses()
        draft.check(
            "it asks with longer and longer pauses",
            "RFC 9293 §3.8.6.1",
            True,
            len(pauses) > 1 and pauses[-1] > pauses[0],
        )
        least = min(result["mss"], parameters.buffer // 2)
        draft.check(
            "the window does not open by less than a full segment (or half the buffer)",
            "RFC 9293 §3.8.6.2.2",
            True,
            stall.update is not None and stall.update.size >= least,
        )


def _kernels(draft: Draft, parameters: Parameters, seen: Trace) -> None:
    """What calls and kernels say of it, without a look at the wire."""
    result, blocked, held = seen.result, seen.result["blocked"], _held(seen)
    draft.check(
        "when nobody reads, send() blocks until somebody reads again",
        "send(2)",
        True,
        blocked["from_ns"] < result["again_ns"] < blocked["to_ns"],
    )
    pending = blocked["written"] - parameters.read_bytes
    kept = None if None in held.values() else sum(each or 0 for each in held.values())
    draft.check(
        "what is written and not read is held by the two kernels, give or take one send()",
        "tcp(7)",
        True,
        None if kept is None else pending <= kept <= pending + WRITE,
    )
    draft.check(
        "in the end every byte has arrived, in order and intact",
        "course, lecture 12",
        True,
        result["intact"] and result["received"] == parameters.size_bytes,
    )


def _beyond(segments: Sequence[Segment], told: Sequence[AdvertisedWindow]) -> int:
    """Segments with data beyond the window that their sender knew of."""
    wrong = 0
    for each in segments:
        if each.sender == "client" and each.size:
            known = max((window.edge for window in told if window.known_s <= each.sent_s), default=0)
            wrong += each.sequence + each.size > known
    return wrong


def _probes(stall: Stall) -> Table:
    rows: list[tuple[Value, ...]] = []
    for number, (probe, pause_s, answer) in enumerate(
        zip(stall.probes, stall.pauses(), stall.answers, strict=True), start=1
    ):
        rows.append((number, probe.sent_s, pause_s, probe.size, None if answer is None else answer.size))
    columns = (
        Column("probe", "1"),
        Column("sent", "s"),
        Column("pause before", "s"),
        Column("data", "B"),
        Column("window in the answer", "B"),
    )
    return Table("probes", columns, tuple(rows))


def _findings(draft: Draft, seen: Trace, stall: Stall) -> None:
    if stall.probes and all(each.size == 0 for each in stall.probes):
        draft.findings.append(
            "This kernel's probes carry no data: each repeats the number of a byte that was acknowledged long ago, and "
            "so must be answered. RFC 9293 would send one new byte, which the receiver might have to throw away."
        )
    if stall.remainder is not None:
        draft.findings.append(
            f"The window before it was 0 was {stall.remainder.size} B, less than a segment. The sender kept back "
            "until a timer ran out, and only then filled it (RFC 9293 §3.8.6.2.1): small windows, "
            "filled at once, would make small segments for good."
        )
    if stall.update is not None:
        draft.findings.append(
            f"The reader took pieces of {PIECE} B, but the first window update was of {stall.update.size:,} B: the "
            "receiver's kernel keeps small gains to itself. No probe had to ask for it."
            if not stall.asked
            else f"The first window that was not 0 came in answer to a probe: {stall.update.size:,} B."
        )


def _telling(segments: Sequence[Segment], told: Sequence[AdvertisedWindow], stall: Stall | None) -> Iterator[Segment]:
    """The segments of the timeline: the handshake, the closing of the window, the probes, and its opening."""
    sizes = {each.number: each.size for each in told}
    for number, each in enumerate(segments):
        if number < 3:
            yield each
        elif stall is not None and each.number in stall.telling:
            window = sizes.get(each.number)
            yield each if window is None else replace(each, note=f"window {window:,}")


def _claims(stall: Stall | None) -> list[tuple[float, str]]:
    return [] if stall is None else [(stall.zero.known_s, "Flow control: have a sense of proportion.")]


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Write to a reader that stops, and see the window close and open again.

    How much may be under way, over time; when send() blocks, and what the two
    kernels hold then; the probes, with pauses that double; the first update.
    """,
    examples=("netlab tcp-flow", "netlab tcp-flow --buffer 16K --probes 4 --timeline --pcap flow.pcap"),
)
