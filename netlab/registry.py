"""The registry of experiments: a literal list, one line a file, imported only when one is run.

An experiment's module has a frozen dataclass `Parameters` and `measure(parameters, progress) -> Measurement`.
`measure` deals with Ctrl-C itself: it returns what it has so far, with `interrupted` set.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from netlab.errors import UsageError
from netlab.progress import Progress
from netlab.report.quantity import Measurement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.text import Text

    from netlab.report.svg import Figure

    Sections = Callable[[Measurement, int], Iterator[Iterator[Text]]]


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
    view: str = ""

    def sections(self) -> Sections | None:
        """What composes the sections of its report in place of facts and tables, if anything does."""
        return getattr(import_module(f"netlab.experiments.{self.view}"), "sections", None) if self.view else None

    def figure(self, found: Measurement) -> Figure | None:
        """The drawing of its own that it has beside charts, if any."""
        drawn = getattr(import_module(f"netlab.experiments.{self.view}"), "drawn", None) if self.view else None
        return cast("Figure | None", drawn(found)) if drawn else None

    def load(self) -> Module:
        """Import the experiment's file."""
        return cast(Module, import_module(f"netlab.experiments.{self.module}"))


EXPERIMENTS: tuple[Experiment, ...] = (
    Experiment("tcp-server", "servers.tcp_server", "A TCP echo server under load", "lecture 13"),
    Experiment("udp-server", "servers.udp_server", "A UDP echo server under load", "lecture 13"),
    Experiment("tcp-serve", "servers.serving", "A TCP echo server for any client", "lecture 13"),
    Experiment("udp-serve", "servers.serving", "A UDP echo server for any client", "lecture 13"),
    Experiment("tcp-client", "servers.tcp_client", "Load on a TCP echo server", "lecture 13"),
    Experiment("udp-client", "servers.udp_client", "Load on a UDP echo server", "lecture 13"),
    Experiment("tcp-compare", "servers.tcp_compare", "TCP server modes side by side", "lecture 13"),
    Experiment("udp-compare", "servers.udp_compare", "UDP server modes side by side", "lecture 13"),
    Experiment("cidr", "addresses.cidr_address", "An address and its network", "lecture 3"),
    Experiment(
        "cidr-interfaces",
        "addresses.cidr_interfaces",
        "Addresses of this machine",
        "lecture 3",
        view="addresses.interfaces_view",
    ),
    Experiment("cidr-same-net", "addresses.cidr_same_net", "Local, or by the gateway?", "lecture 3"),
    Experiment("mac", "addresses.mac_address", "A MAC address", "lecture 3"),
    Experiment("mac-interfaces", "addresses.mac_interfaces", "MAC addresses of this machine", "lecture 3"),
    Experiment("mac-neighbours", "addresses.mac_neighbours", "Neighbours of this machine", "lecture 3"),
    Experiment("dns-trace", "dns.trace", "From the root to the answer", "lecture 1", view="dns.trace_view"),
    Experiment("dns-query", "dns.query", "A question to a recursive resolver", "lecture 1", view="dns.query_view"),
    Experiment("dns-serve", "dns.serve", "A miniature Internet for any client", "lecture 1"),
    Experiment("dns-cache", "dns.layered_cache", "Where a name is remembered, layer by layer", "lecture 1"),
    Experiment("dns-compare", "dns.recursion_cost", "Recursive against iterative", "lecture 1"),
    Experiment("dns-transfer", "dns.transfer", "A zone and its secondary", "lecture 1"),
    Experiment("dns-bench", "dns.bench", "How many names a second", "lecture 1"),
    Experiment("http-keepalive", "http.keepalive", "What keeping a connection saves", "lecture 14"),
    Experiment("http-serve", "http.serve", "An HTTP origin for any client", "lecture 14"),
    Experiment("http-get", "http.get", "HTTP, byte by byte", "lecture 14", view="http.get_view"),
    Experiment("http-check", "http.check", "One response, three parsers", "lecture 14", view="http.check_view"),
    Experiment("http-explain", "http.explain", "What these bytes say", "lecture 14", view="http.get_view"),
    Experiment("tcp-handshake", "tcp.handshake", "How a connection is opened", "lecture 11", view="wire.timeline_view"),
    Experiment("tcp-teardown", "tcp.teardown", "How a connection ends", "lecture 11", view="wire.timeline_view"),
    Experiment("tcp-states", "tcp.states", "The eleven states of TCP", "lecture 11", view="wire.ladder_view"),
    Experiment("tcp-backlog", "tcp.backlog", "The two queues of listen()", "lecture 13", view="wire.timeline_view"),
    Experiment(
        "tcp-limits", "limits.limits", "How many connections there can be", "lecture 13", view="limits.limits_view"
    ),
    Experiment(
        "tcp-retransmit", "tcp.retransmit", "Loss, and what TCP does about it", "lecture 11", view="wire.ladder_view"
    ),
    Experiment("tcp-flow", "tcp.flow", "A reader that stops: flow control", "lecture 12", view="wire.timeline_view"),
    Experiment(
        "tcp-nagle", "tcp.nagle", "Small writes: Nagle and delayed ACK", "lecture 12", view="wire.timeline_view"
    ),
    Experiment(
        "tcp-congestion", "tcp.congestion", "One bottleneck, several ways", "lecture 12", view="tcp.congestion_view"
    ),
    Experiment(
        "udp-behaviour", "udp.behaviour", "What UDP promises, and what not", "lecture 10", view="udp.behaviour_view"
    ),
    Experiment(
        "journey", "journey.journey", "From the address bar to the shop", "lecture 1", view="journey.journey_view"
    ),
    Experiment("capture", "packets.capture", "Frames, as they came by", "lecture 2", view="wire.packets_view"),
    Experiment("dissect", "packets.dissect", "Packets, layer by layer", "lecture 2", view="wire.packets_view"),
    Experiment("doctor", "machine.doctor", "What this machine can do"),
)


def known(name: str) -> Experiment | None:
    """The experiment called `name`; None for that of a record which this netlab does not know."""
    return next((experiment for experiment in EXPERIMENTS if experiment.name == name), None)


def find(name: str) -> Experiment:
    """The experiment called `name`; UsageError names the nearest."""
    if (experiment := known(name)) is not None:
        return experiment
    near = get_close_matches(name, [experiment.name for experiment in EXPERIMENTS], 1)
    raise UsageError(f"no experiment is called '{name}'", f"did you mean {near[0]}?" if near else None)
