"""`netlab http keepalive`: what keeping a connection saves, measured: lecture 14's claim about keep-alive.

The ways of keepalive_ways.py in interleaved rounds, each round in another order, so that what disturbs the machine
disturbs all of them. Ratios are taken within a round. Server and client share the machine: rates are of both together.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from netlab.errors import PeerError, UsageError
from netlab.experiment import Experiment
from netlab.experiments.http.keepalive_report import ONE, KeepaliveRounds, Parameters, fill
from netlab.experiments.http.keepalive_ways import WAYS, Target, run_round
from netlab.http.limits import Timeouts
from netlab.http.tls import TlsPolicy
from netlab.http.transport import literal, system
from netlab.http.url import Url, parse
from netlab.http_origin import Origin
from netlab.linux.machine import ephemeral_ports
from netlab.progress import Progress
from netlab.report.quantity import Draft, Measurement

__all__ = ["Parameters", "measure"]

_WARM_UP = 5


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the rounds; Ctrl-C gives those that are done. Raises UsageError, MachineLacks, PeerError."""
    ports = ephemeral_ports()
    needed = 2 * parameters.requests * parameters.rounds
    if ports is not None and needed > ports // 2:
        raise UsageError(
            f"{needed:,} connections in one run could use up this machine's {ports:,} ports",
            "each stays in TIME_WAIT for a minute: fewer --requests or --rounds",
        )
    found, draft = KeepaliveRounds(), Draft()
    with _server(parameters, found) as target:
        warm = run_round(ONE, target, _WARM_UP)
        found.extra_connections = warm.connections
        try:
            for number in range(parameters.rounds):
                ways = list(WAYS)
                for position in range(len(ways)):
                    way = ways[(position + number) % len(ways)]
                    progress((number + position / len(ways)) / parameters.rounds, f"round {number + 1}: {way}")
                    found.rounds[way].append(run_round(way, target, parameters.requests))
        except KeyboardInterrupt:
            draft.interrupted = True
        url = target.url
    fill(draft, parameters, found, url)
    return draft.finish()


@contextmanager
def _server(parameters: Parameters, found: KeepaliveRounds) -> Iterator[Target]:
    """The server asked for, or the built-in origin in a process of its own."""
    timeouts = Timeouts(idle_s=parameters.timeout_s)
    if parameters.url is None or parameters.url.startswith("/"):
        with Origin(tls=parameters.tls) as origin:
            url = parse(origin.url + (parameters.url or "/"))
            yield Target(url, TlsPolicy(cacert=origin.cacert), timeouts, parameters.depth)
            found.counts = origin.finish()
        return
    if parameters.tls:
        raise UsageError("--tls is for the built-in origin", "write https:// into the URL")
    url = parse(parameters.url)
    _of_this_machine(url)
    tls = TlsPolicy(verify=not parameters.insecure, cacert=parameters.cacert)
    yield Target(url, tls, timeouts, parameters.depth)


def _of_this_machine(url: Url) -> None:
    """UsageError where the server is elsewhere: so many connections are an experiment here, and a nuisance there."""
    address = literal(url.host)
    try:
        places = [address] if address else system(url.host, url.port)
    except PeerError as error:
        raise PeerError(error.message, "only servers of this machine: http://127.0.0.1:8080/") from None
    for family, text, _ in places:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind((text, 0))  # possible for addresses of this machine only (ip(7))
        except OSError:
            raise UsageError(
                f"{text} is no address of this machine", "this makes hundreds of connections: only to your own servers"
            ) from None


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Compare one connection for all requests with a new one each, and pipelining.

    Speed, latency, bytes, and the sockets left in TIME_WAIT, in interleaved rounds.
    """,
    examples=(
        "netlab http keepalive",
        "netlab http keepalive http://127.0.0.1:8080/ --requests 1000 --plot keep.svg",
    ),
)
