"""The registry: a literal table, one line for each experiment, whose file is imported only when it is run.

An experiment's module ends with an `EXPERIMENT` (experiment.py). What is needed without it is here: the name that its
records have, its line in `netlab --help`, and what draws an old record of it.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from netlab.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.text import Text

    from netlab.experiment import Experiment
    from netlab.report.quantity import Measurement
    from netlab.report.svg import Figure

    Sections = Callable[[Measurement, int], Iterator[Iterator[Text]]]


@dataclass(frozen=True, slots=True)
class Line:
    """An experiment. `module` and `view`: files below netlab/experiments/. `title`: the heading of its report.
    `lecture`: where the course tells of it ("lecture 13"), or nothing.

    Its command is listed with `help` under `section` in `netlab --help`; or it is a sub-command of `group`. Without
    either, another command runs it.
    """

    name: str
    module: str
    title: str
    lecture: str = ""
    _: KW_ONLY
    section: str = ""
    group: str = ""
    help: str = ""
    view: str = ""

    def load(self) -> Experiment[Any]:
        """Import the experiment's file."""
        return cast("Experiment[Any]", import_module(f"netlab.experiments.{self.module}").EXPERIMENT)

    def rows(self) -> tuple[type, ...]:
        """The classes of its tables' rows: ROWS of the file next to its own that ends in _rows."""
        module = f"netlab.experiments.{self.module}_rows"
        return cast("tuple[type, ...]", import_module(module).ROWS) if find_spec(module) else ()

    def sections(self) -> Sections | None:
        """What composes the sections of its report in place of facts and tables, if anything does."""
        return getattr(import_module(f"netlab.experiments.{self.view}"), "sections", None) if self.view else None

    def figure(self, found: Measurement) -> Figure | None:
        """The drawing of its own that it has beside charts, if any."""
        drawn = getattr(import_module(f"netlab.experiments.{self.view}"), "drawn", None) if self.view else None
        return cast("Figure | None", drawn(found)) if drawn else None


# fmt: off
EXPERIMENTS: tuple[Line, ...] = (
    Line("tcp-server", "servers.tcp_server", "A TCP echo server under load", "lecture 13", section="Servers",
         help="Run a TCP echo server in one of its modes, and measure it"),
    Line("udp-server", "servers.udp_server", "A UDP echo server under load", "lecture 13", section="Servers",
         help="The same for UDP"),
    Line("tcp-compare", "servers.tcp_compare", "TCP server modes side by side", "lecture 13", section="Servers",
         help="TCP modes side by side: which waits best, and where"),
    Line("udp-compare", "servers.udp_compare", "UDP server modes side by side", "lecture 13", section="Servers",
         help="UDP modes side by side"),
    Line("tcp-client", "servers.tcp_client", "Load on a TCP echo server", "lecture 13", section="Clients",
         help="Load any TCP echo server, and measure it from outside"),
    Line("udp-client", "servers.udp_client", "Load on a UDP echo server", "lecture 13", section="Clients",
         help="The same for UDP: loss, reordering, duplicates"),
    Line("journey", "journey.journey", "From the address bar to the shop", "lecture 1", section="On the wire",
         help="Lecture 1: from the address bar to the shop, hop by hop", view="journey.journey_view"),
    Line("tcp-handshake", "tcp.handshake", "How a connection is opened", "lecture 11", section="On the wire",
         help="How a connection is opened, in four views", view="wire.timeline_view"),
    Line("tcp-teardown", "tcp.teardown", "How a connection ends", "lecture 11", section="On the wire",
         help="How it ends: four-way, at once, by reset, by one side", view="wire.timeline_view"),
    Line("tcp-states", "tcp.states", "The eleven states of TCP", "lecture 11", section="On the wire",
         help="All eleven states, reached and seen", view="wire.ladder_view"),
    Line("tcp-backlog", "tcp.backlog", "The two queues of listen()", "lecture 13", section="On the wire",
         help="The two queues of listen(), filled until they turn away", view="wire.timeline_view"),
    Line("tcp-limits", "limits.limits", "How many connections there can be", "lecture 13", section="On the wire",
         help="How many connections: ports, descriptors, a million", view="limits.limits_view"),
    Line("tcp-retransmit", "tcp.retransmit", "Loss, and what TCP does about it", "lecture 11", section="On the wire",
         help="Loss: what is sent again, when, and how it is noticed", view="wire.ladder_view"),
    Line("tcp-flow", "tcp.flow", "A reader that stops: flow control", "lecture 12", section="On the wire",
         help="A reader that stops: the window, probes, and who waits", view="wire.timeline_view"),
    Line("tcp-nagle", "tcp.nagle", "Small writes: Nagle and delayed ACK", "lecture 12", section="On the wire",
         help="Small writes: who waits for whom, and the remedies", view="wire.timeline_view"),
    Line("tcp-congestion", "tcp.congestion", "One bottleneck, several ways", "lecture 12", section="On the wire",
         help="reno, cubic, bbr over one bottleneck"),
    Line("udp-behaviour", "udp.behaviour", "What UDP promises, and what not", "lecture 10", section="On the wire",
         help="What UDP promises, and what it does not"),
    Line("capture", "packets.capture", "Frames, as they came by", "lecture 2", section="On the wire",
         help="What a command sends and receives, without root", view="wire.packets_view"),
    Line("dissect", "packets.dissect", "Packets, layer by layer", "lecture 2", section="On the wire",
         help="Take packets apart: every header, every field, as boxes", view="wire.packets_view"),
    Line("doctor", "machine.doctor", "What this machine can do", section="This machine",
         help="What this machine can do, and how to get what it lacks"),
    # Run by other commands
    Line("tcp-serve", "servers.serving", "A TCP echo server for any client", "lecture 13"),
    Line("udp-serve", "servers.serving", "A UDP echo server for any client", "lecture 13"),
    # Sub-commands of dns, http, cidr and mac
    Line("dns-trace", "dns.trace", "From the root to the answer", "lecture 1", group="dns",
         help="A name from the root to the answer, every step of it", view="dns.trace_view"),
    Line("dns-query", "dns.query", "A question to a recursive resolver", "lecture 1", group="dns",
         help="Ask a resolver; the answer as dig shows it", view="dns.query_view"),
    Line("dns-cache", "dns.layered_cache", "Where a name is remembered, layer by layer", "lecture 1", group="dns",
         help="Which layer remembers a name: browser, system, router, ISP"),
    Line("dns-compare", "dns.recursion_cost", "Recursive against iterative", "lecture 1", group="dns",
         help="Recursive against iterative, cold against warm"),
    Line("dns-transfer", "dns.transfer", "A zone and its secondary", "lecture 1", group="dns",
         help="A zone from its primary to its secondary"),
    Line("dns-bench", "dns.bench", "How many names a second", "lecture 1", group="dns", help="How many names a second"),
    Line("dns-serve", "dns.serve", "A miniature Internet for any client", "lecture 1", group="dns",
         help="The miniature Internet and a resolver, for dig and others"),
    Line("http-get", "http.get", "HTTP, byte by byte", "lecture 14", group="http",
         help="An exchange byte by byte: boxes, framing, times", view="http.get_view"),
    Line("http-check", "http.check", "One response, three parsers", "lecture 14", group="http",
         help="One response, three parsers: where they differ", view="http.check_view"),
    Line("http-explain", "http.explain", "What these bytes say", "lecture 14", group="http",
         help="Bytes of a response: their boxes, or what is wrong", view="http.get_view"),
    Line("http-serve", "http.serve", "An HTTP origin for any client", "lecture 14", group="http",
         help="The origin: pages for each behaviour, and broken ones"),
    Line("http-keepalive", "http.keepalive", "What keeping a connection saves", "lecture 14", group="http",
         help="One connection for all requests, or a new one each"),
    Line("cidr", "addresses.cidr_address", "An address and its network", "lecture 3", group="cidr",
         help="Explain an address; the word may be left out"),
    Line("cidr-interfaces", "addresses.cidr_interfaces", "Addresses of this machine", "lecture 3", group="cidr",
         help="This machine's addresses; also without any word", view="addresses.interfaces_view"),
    Line("cidr-same-net", "addresses.cidr_same_net", "Local, or by the gateway?", "lecture 3", group="cidr",
         help="Local or gateway, and why"),
    Line("mac", "addresses.mac_address", "A MAC address", "lecture 3", group="mac",
         help="Explain an address; the word may be left out"),
    Line("mac-interfaces", "addresses.mac_interfaces", "MAC addresses of this machine", "lecture 3", group="mac",
         help="This machine's; also without any word"),
    Line("mac-neighbours", "addresses.mac_neighbours", "Neighbours of this machine", "lecture 3", group="mac",
         help="The kernel's ARP and ND table, with vendors"),
)
# fmt: on


def known(name: str) -> Line | None:
    """The experiment called `name`; None for that of a record which this netlab does not know."""
    return next((line for line in EXPERIMENTS if line.name == name), None)


def find(name: str) -> Line:
    """The experiment called `name`; UsageError names the nearest."""
    if (line := known(name)) is not None:
        return line
    near = get_close_matches(name, [line.name for line in EXPERIMENTS], 1)
    raise UsageError(f"no experiment is called '{name}'", f"did you mean {near[0]}?" if near else None)
