"""Where a reader finds what a check of a trace says: packets by their number, calls and states by their time."""

from __future__ import annotations

from netlab.experiments.wire.trace import Segment, Trace
from netlab.network.timeline import Kind
from netlab.report.quantity import Evidence

_MOST = 20  # packets for one check


def packets(*segments: Segment | None, field: str = "") -> list[Evidence]:
    """These packets, or a field of each."""
    return [Evidence(packet=each.number, field=field) for each in segments if each is not None][:_MOST]


def moment(trace: Trace, host: str, kind: Kind, what: str) -> list[Evidence]:
    """When that was, if it was."""
    at_s = trace.when(host, kind, what)
    return [] if at_s is None else [Evidence(time=at_s)]


def states(trace: Trace, host: str) -> list[Evidence]:
    """When each state of the host's sockets was first seen."""
    return [Evidence(time=trace.at_s(event)) for event in trace.events(host) if event.kind in ("state", "gone")]
