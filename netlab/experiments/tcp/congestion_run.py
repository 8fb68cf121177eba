"""One run over the bottleneck, as the scene returns it: flows, what waited in the queue, and claims held against both.

A claim about a window is judged between two samples: cwnd may have grown in between by no more than the segments that
were delivered in between (RFC 5681 §3.1), and so much is allowed. So it does not matter how often a busy machine looks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from netlab.network.frame_record import FrameRecord
from netlab.report.stats import median, percentile

BETA = {"reno": 0.5, "cubic": 717 / 1024}  # RFC 5681 §3.1 (4); beta of tcp_cubic.c, 0.7 in RFC 9438 §4.6
INITIAL = 10  # segments: RFC 6928


@dataclass(frozen=True, slots=True)
class TcpInfoSample:
    """TCP_INFO at one moment, and how many bytes the receiver had by then."""

    at_s: float
    cwnd: int
    ssthresh: int | None
    rtt_s: float
    delivered: int | None
    congestion: str
    received: int
    pacing: int | None  # bytes a second


@dataclass(frozen=True, slots=True)
class WindowCut:
    """A loss answered: cwnd before (between two bounds), ssthresh after."""

    at_s: float
    before: int
    at_most: int
    after: int

    def by(self, beta: float) -> bool:
        """Whether ssthresh is `beta` times what the window was, a segment more or less."""
        return beta * self.before - 1 <= self.after <= beta * self.at_most + 1


@dataclass(frozen=True, slots=True)
class Flow:
    """A connection under one congestion control."""

    algorithm: str
    samples: tuple[TcpInfoSample, ...]
    retransmitted: int
    intact: bool
    mss: int

    def goodput(self, from_s: float = 0.0) -> float | None:
        """Bytes a second that the receiver had, from that time to the last sample."""
        first = next((sample for sample in self.samples if sample.at_s >= from_s), None)
        last = self.samples[-1]
        if first is None or last.at_s <= first.at_s:
            return None
        if from_s == 0.0:
            return last.received / last.at_s
        return (last.received - first.received) / (last.at_s - first.at_s)

    def rtts(self) -> list[float]:
        """Round trips as the sender measured them (smoothed), ascending; those before the first are left out."""
        return sorted(sample.rtt_s for sample in self.samples if sample.rtt_s and sample.at_s > 0)

    def pacing(self, from_s: float) -> float | None:
        """Median of the rate the sender spreads its segments at."""
        return median([sample.pacing for sample in self.samples if sample.at_s >= from_s and sample.pacing])

    def slow_start(self) -> tuple[TcpInfoSample, ...]:
        """Until it ends: by a loss, or before one (HyStart)."""
        for number, sample in enumerate(self.samples):
            if sample.ssthresh is not None or sample.congestion != "open":
                return self.samples[:number]
        return self.samples

    def cuts(self, gap_s: float) -> Iterator[WindowCut]:
        """Losses that were answered by fast recovery, where the two samples around are at most `gap_s` apart."""
        for before, after in pairwise(self.samples):
            fell = before.congestion in ("open", "disorder") and after.congestion == "recovery"
            known = before.delivered is not None and after.delivered is not None and after.ssthresh is not None
            if fell and known and after.at_s - before.at_s <= gap_s:
                grown = (after.delivered or 0) - (before.delivered or 0)
                yield WindowCut(after.at_s, before.cwnd, before.cwnd + grown, after.ssthresh or 0)

    def grows_as_acknowledged(self) -> bool | None:
        """Whether in slow start cwnd is what it began with and a segment more for each delivered.

        The SYN counts as delivered; what is delivered while the application does not fill the window adds nothing.
        """
        seen = [sample for sample in self.slow_start() if sample.delivered is not None]
        grown = [sample for sample in seen if sample.cwnd >= 2 * INITIAL]
        if not grown:
            return None
        return all(abs(sample.cwnd - INITIAL - (sample.delivered or 0)) <= 3 for sample in seen)


@dataclass(frozen=True, slots=True)
class CongestionRun:
    """Flows that shared the bottleneck. `queue`: (time, frames waiting), at each frame that came; `drops`: the same, at
    each that did not fit. `counters` of the client's kernel; `capture`: all frames, if they are wanted."""

    flows: tuple[Flow, ...]
    queue: tuple[tuple[float, int], ...]
    drops: tuple[tuple[float, int], ...]
    counters: dict[str, int]
    wire_lost: int = 0
    epoch_ns: int = 0
    capture: tuple[FrameRecord, ...] = ()

    @property
    def name(self) -> str:
        """ "reno alone", "reno + cubic"."""
        return called([flow.algorithm for flow in self.flows])

    @property
    def alone(self) -> bool:
        """One flow, and nobody else."""
        return len(self.flows) == 1

    def waiting(self, from_s: float = 0.0) -> list[int]:
        """Frames in the queue, each found some, ascending."""
        return sorted(frames for _, frames in self.queue[bisect_left(self.queue, (from_s, -1)) :])

    def mean_queue(self, from_s: float) -> float | None:
        """Mean of what frames found waiting."""
        found = self.waiting(from_s)
        return sum(found) / len(found) if found else None

    def rtt(self, q: float) -> float | None:
        """Percentile `q` of all flows' round trips."""
        return percentile(sorted(rtt for flow in self.flows for rtt in flow.rtts()), q)

    def mean_rtt(self) -> float | None:
        """Mean of all flows' round trips."""
        found = [rtt for flow in self.flows for rtt in flow.rtts()]
        return sum(found) / len(found) if found else None


def called(algorithms: Sequence[str]) -> str:
    """What a run of these is called."""
    return f"{algorithms[0]} alone" if len(algorithms) == 1 else " + ".join(algorithms)
