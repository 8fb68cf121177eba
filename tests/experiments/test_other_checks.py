"""Every check of experiments that play no scene of their own: held connections, HTTP connections, routes, captures."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from judged import Draft, Judged, failed, of_draft, silent
from made_trials import outcome
from recorded_runs import told

from netlab.addressing import prefix
from netlab.codec import encode
from netlab.experiments.addresses import cidr_interfaces
from netlab.experiments.http import keepalive_report
from netlab.experiments.http.keepalive_report import KeepaliveRounds
from netlab.experiments.http.keepalive_ways import WAYS, Round
from netlab.experiments.limits import hold_report
from netlab.experiments.limits.hold import _WARM_UP, HoldResult
from netlab.experiments.limits.hold_plan import HoldPlan
from netlab.experiments.packets import capture
from netlab.experiments.packets.capture_scene import CaptureResult
from netlab.http.url import parse
from netlab.linux.interfaces import InterfaceAddresses
from netlab.linux.routes import Decision
from netlab.load.holding import Grown
from netlab.report.quantity import Measurement
from netlab.servers.modes import find

Patch = pytest.MonkeyPatch

HELD = HoldResult(
    HoldPlan(50, 50, find("tcp", "epoll"), 1, (0,), (1,), ()),
    grown=Grown(50),
    setup_s=0.5,
    history=[(0.0, 0), (0.5, 50)],
    alone_ns=array("Q", [1000, 2000]),
    among_ns=array("Q", [3000]),
    intact=3 + 2 * _WARM_UP,
    server_open=50,
    established=(50, 50),
    asked=10,
    echoed=10,
    outcome=outcome(),
)
"""Fifty connections, held with nothing wrong."""


def held(**changes: Any) -> Callable[[Patch], Measurement]:
    """The report of connections held; changes are fields of HoldResult."""
    return lambda _: of_draft(lambda draft: hold_report.report(draft, replace(HELD, **changes), 0))


def kept_alive(counted: int | None = 10, answered: int = 3, *, ended: bool = False) -> Callable[[Patch], Measurement]:
    """Two rounds of three requests each way, each on one connection, and two connections more; `ended`: by Ctrl-C."""

    def measure(_: Patch) -> Measurement:
        rounds = {way: [Round(array("Q", [5, 6, 7]), 1000, 1, statuses={200}) for _ in range(2)] for way in WAYS}
        rounds["pipelined"][1].latencies_ns = array("Q", [5, 6, 7][:answered])
        found = KeepaliveRounds(rounds, None if counted is None else {"connections": counted}, extra_connections=2)

        def fill(draft: Draft) -> None:
            draft.interrupted = ended
            keepalive_report.fill(draft, keepalive_report.Parameters(requests=3), found, parse("http://127.0.0.1/"))

        return of_draft(fill)

    return measure


def decided(kernel: Decision) -> Callable[[Patch], Measurement]:
    """Which way a packet to 10.0.0.9 goes from 10.0.0.2/24, and what the kernel says."""

    def measure(patch: Patch) -> Measurement:
        here = [InterfaceAddresses("eth0", True, 1500, None, (prefix.parse("10.0.0.2/24"),))]
        patch.setattr(cidr_interfaces, "interfaces", lambda: here)
        patch.setattr(cidr_interfaces.routes, "default_gateways", dict)
        patch.setattr(cidr_interfaces.routes, "decide", lambda _: kernel)
        return cidr_interfaces.measure(cidr_interfaces.Parameters("10.0.0.9"), silent)

    return measure


def captured(status: int | None) -> Callable[[Patch], Measurement]:
    """A command that ended with this status."""

    def measure(_: Patch) -> Measurement:
        with told([encode(CaptureResult((), 0, status))]):
            return capture.measure(capture.Parameters(during="true"), silent)

    return measure


AS_MANY, OPEN = "as many are held as were to be", "the server counts as many open"
AT_SERVER, AT_CLIENT = "all are ESTABLISHED at the server's end", "and at the client's"
ECHO, INTACT = (
    "of those, some chosen at random still echo",
    "every echo of the talking connection came back as it was sent",
)
IN_ORDER, NO_CRASH = "the server ended in order (exit code)", "no server process crashed"
ANSWERED, COUNTED = "every request was answered, in full", "client and server counted the same connections"
WAY = "the kernel sends 10.0.0.9 the way its masks say"
GATEWAY = prefix.parse_address("10.0.0.1")

CASES = (
    Judged("tcp-limits", "nothing of those held", held()),
    Judged("tcp-limits", "how many were to be held", held(plan=replace(HELD.plan, connections=51)), (AS_MANY,)),
    Judged("tcp-limits", "what the server counts", held(server_open=49), (OPEN,)),
    Judged("tcp-limits", "states at the server", held(established=(49, 50)), (AT_SERVER,)),
    Judged("tcp-limits", "states at the client", held(established=(50, 51)), (AT_CLIENT,)),
    Judged("tcp-limits", "an echo of those held", held(echoed=9), (ECHO,)),
    Judged("tcp-limits", "an echo of the talking one", held(intact=HELD.intact - 1), (INTACT,)),
    Judged("tcp-limits", "the server's exit code", held(outcome=outcome(-9)), (IN_ORDER,)),
    Judged("tcp-limits", "a process of the server", held(outcome=outcome(CRASHED=1)), (NO_CRASH,)),
    Judged("http keepalive", "nothing", kept_alive()),
    Judged("http keepalive", "an answer", kept_alive(answered=2), (ANSWERED,)),
    Judged("http keepalive", "the origin's count", kept_alive(counted=11), (COUNTED,)),
    Judged("http keepalive", "nothing that can be known of a foreign server", kept_alive(counted=None)),
    Judged("http keepalive", "nothing that counts after Ctrl-C", kept_alive(counted=99, ended=True)),
    Judged("cidr-interfaces", "nothing", decided(Decision("unicast", "eth0", None, None))),
    Judged("cidr-interfaces", "the interface", decided(Decision("unicast", "eth1", None, None)), (WAY,)),
    Judged("cidr-interfaces", "the gateway", decided(Decision("unicast", "eth0", GATEWAY, None)), (WAY,)),
    Judged("cidr-interfaces", "the kind of route", decided(Decision("blackhole", "", None, None)), (WAY,)),
    Judged("capture", "nothing", captured(0)),
    Judged("capture", "nothing but the command's own failure", captured(1)),
    Judged("capture", "the command's name", captured(127), ("the command could be run",)),
    Judged("capture", "the command's permissions", captured(126), ("the command could be run",)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exactly_the_checks_of_what_is_wrong_fail(case: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(case.measure(monkeypatch)) == case.fails
