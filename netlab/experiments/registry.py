"""The registry of experiments: a literal list, one line a file, imported only when one is run.

An experiment's module has a frozen dataclass `Parameters` and `measure(parameters, progress) -> Measurement`.
`measure` deals with Ctrl-C itself: it returns what it has so far, with `interrupted` set.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Protocol, cast

from netlab.errors import UsageError
from netlab.measure.progress import Progress
from netlab.measure.quantity import Measurement


class Module(Protocol):
    """What the registry expects of an experiment's module."""

    Parameters: type[Any]

    def measure(self, parameters: Any, progress: Progress, /) -> Measurement:
        """Run the experiment; raises NetlabError where it cannot."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A line of the registry. `lecture`: where the course tells of it ("lecture 13"), or nothing."""

    name: str
    module: str
    title: str
    lecture: str = ""

    def load(self) -> Module:
        """Import the experiment's file."""
        return cast(Module, import_module(self.module))


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment("tcp-server", "netlab.experiments.tcp_server", "A TCP echo server under load", "lecture 13"),
    Experiment("udp-server", "netlab.experiments.udp_server", "A UDP echo server under load", "lecture 13"),
    Experiment("tcp-serve", "netlab.experiments.serving", "A TCP echo server for any client", "lecture 13"),
    Experiment("udp-serve", "netlab.experiments.serving", "A UDP echo server for any client", "lecture 13"),
    Experiment("tcp-client", "netlab.experiments.tcp_client", "Load on a TCP echo server", "lecture 13"),
    Experiment("udp-client", "netlab.experiments.udp_client", "Load on a UDP echo server", "lecture 13"),
    Experiment("tcp-compare", "netlab.experiments.tcp_compare", "TCP server modes side by side", "lecture 13"),
    Experiment("udp-compare", "netlab.experiments.udp_compare", "UDP server modes side by side", "lecture 13"),
    Experiment("cidr", "netlab.experiments.cidr_address", "An address and its network", "lecture 3"),
    Experiment("cidr-interfaces", "netlab.experiments.cidr_interfaces", "Addresses of this machine", "lecture 3"),
    Experiment("cidr-same-net", "netlab.experiments.cidr_same_net", "Local, or by the gateway?", "lecture 3"),
    Experiment("mac", "netlab.experiments.mac_address", "A MAC address", "lecture 3"),
    Experiment("mac-interfaces", "netlab.experiments.mac_interfaces", "MAC addresses of this machine", "lecture 3"),
    Experiment("mac-neighbours", "netlab.experiments.mac_neighbours", "Neighbours of this machine", "lecture 3"),
    Experiment("dns-trace", "netlab.experiments.dns_trace", "From the root to the answer", "lecture 1"),
    Experiment("dns-query", "netlab.experiments.dns_query", "A question to a recursive resolver", "lecture 1"),
    Experiment("dns-serve", "netlab.experiments.dns_serve", "A miniature Internet for any client", "lecture 1"),
    Experiment("dns-cache", "netlab.experiments.dns_cache", "Where a name is remembered, layer by layer", "lecture 1"),
    Experiment("dns-compare", "netlab.experiments.dns_compare", "Recursive against iterative", "lecture 1"),
    Experiment("dns-transfer", "netlab.experiments.dns_transfer", "A zone and its secondary", "lecture 1"),
    Experiment("dns-bench", "netlab.experiments.dns_bench", "How many names a second", "lecture 1"),
    Experiment("http-keepalive", "netlab.experiments.http_keepalive", "What keeping a connection saves", "lecture 14"),
    Experiment("http-serve", "netlab.experiments.http_serve", "An HTTP origin for any client", "lecture 14"),
    Experiment("http-get", "netlab.experiments.http_get", "HTTP, byte by byte", "lecture 14"),
    Experiment("http-check", "netlab.experiments.http_check", "One response, three parsers", "lecture 14"),
    Experiment("http-explain", "netlab.experiments.http_explain", "What these bytes say", "lecture 14"),
    Experiment("tcp-handshake", "netlab.experiments.tcp_handshake", "How a connection is opened", "lecture 11"),
    Experiment("tcp-teardown", "netlab.experiments.tcp_teardown", "How a connection ends", "lecture 11"),
    Experiment("tcp-states", "netlab.experiments.tcp_states", "The eleven states of TCP", "lecture 11"),
    Experiment("tcp-backlog", "netlab.experiments.tcp_backlog", "The two queues of listen()", "lecture 13"),
    Experiment("tcp-limits", "netlab.experiments.tcp_limits", "How many connections there can be", "lecture 13"),
    Experiment("tcp-retransmit", "netlab.experiments.tcp_retransmit", "Loss, and what TCP does about it", "lecture 11"),
    Experiment("tcp-flow", "netlab.experiments.tcp_flow", "A reader that stops: flow control", "lecture 12"),
    Experiment("tcp-nagle", "netlab.experiments.tcp_nagle", "Small writes: Nagle and delayed ACK", "lecture 12"),
    Experiment("tcp-congestion", "netlab.experiments.tcp_congestion", "One bottleneck, several ways", "lecture 12"),
    Experiment("udp-behaviour", "netlab.experiments.udp_behaviour", "What UDP promises, and what not", "lecture 10"),
    Experiment("journey", "netlab.experiments.journey", "From the address bar to the shop", "lecture 1"),
    Experiment("capture", "netlab.experiments.capture", "Frames, as they came by", "lecture 2"),
    Experiment("dissect", "netlab.experiments.dissect", "Packets, layer by layer", "lecture 2"),
    Experiment("doctor", "netlab.experiments.doctor", "What this machine can do"),
)


def find(name: str) -> Experiment:
    """The experiment called `name`; UsageError names the nearest."""
    for experiment in EXPERIMENTS:
        if experiment.name == name:
            return experiment
    near = get_close_matches(name, [experiment.name for experiment in EXPERIMENTS], 1)
    raise UsageError(f"no experiment is called '{name}'", f"did you mean {near[0]}?" if near else None)
