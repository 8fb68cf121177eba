"""What TCP does when segments do not arrive: on a lossy wire, on one that is cut for a while, with a silent peer."""

from __future__ import annotations

import errno
import hashlib
import random
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netlab.errors import NetlabError
from netlab.linux import counters
from netlab.linux.tcp_info import tcp_info
from netlab.network.conditions import Conditions
from netlab.network.private import Host
from netlab.network.two_hosts import PORT, Call, TwoHosts

_CONGESTION = b"reno"  # the one that every kernel has, and that textbooks describe
_LINEAR = "net.ipv4.tcp_syn_linear_timeouts"  # since Linux 6.5
_LOOK_S = 0.005


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Play `config["case"]`."""
    played: dict[str, Any] = CASES[config["case"]](config)
    return played


def transfer(config: dict[str, Any]) -> dict[str, Any]:
    """`config["size"]` bytes from client to server, and how often the kernel had to send again."""
    with TwoHosts(config, watched=False) as stage:
        client, server = _connected(stage)
        # The handshake is spared (frames 0 and 1 of the client), and so are the ACKs: one thing at a time.
        stage.pair.wire.change(
            "client", Conditions.read({**config["conditions"]["client"], "loss": config["loss"]}), first=2
        )
        data = random.Random(config["seed"]).randbytes(config["size"])
        with stage.pair.client.namespace.entered():
            before = counters.read()
        receiving = Call(lambda: _digest(server))
        begun_s = time.monotonic()
        sending = Call(lambda: _send(client, data))
        sending.result(stage.timeout_s)
        received, digest = receiving.result(stage.timeout_s)
        took_s = time.monotonic() - begun_s
        told = tcp_info(client)
        with stage.pair.client.namespace.entered():
            changed = counters.difference(before, counters.read())
        result = stage.finish(
            received=received,
            intact=digest == hashlib.sha256(data).hexdigest(),
            took_s=took_s,
            retransmitted=told.total_retransmits,
            counters=changed,
        )
        client.close()
        server.close()
        return result


def outage(config: dict[str, Any]) -> dict[str, Any]:
    """The wire is cut, the client sends; after `config["doublings"]` doublings of its timeout it is whole again."""
    with TwoHosts(config, watched=False) as stage:
        client, server = _connected(stage)
        normal = Conditions.read(config["conditions"]["client"])
        stage.pair.wire.change("client", Conditions(blocked=True))
        client.sendall(b"is anybody there?")
        timeouts: list[dict[str, Any]] = []
        begun_s, deadline_s = time.monotonic(), time.monotonic() + stage.timeout_s
        while not timeouts or timeouts[-1]["backoff"] < config["doublings"]:
            told = tcp_info(client)
            if not timeouts or told.backoff != timeouts[-1]["backoff"]:
                at_s = time.monotonic() - begun_s
                timeouts.append({"backoff": told.backoff, "rto_s": told.rto_s, "cwnd": told.cwnd, "at_s": at_s})
            if time.monotonic() > deadline_s:
                raise NetlabError(f"the timeout did not double {config['doublings']} times")
            time.sleep(_LOOK_S)
        stage.pair.wire.change("client", normal)
        server.settimeout(stage.timeout_s)
        arrived = server.recv(100)
        result = stage.finish(timeouts=timeouts, arrived=len(arrived), after=tcp_info(client).backoff)
        client.close()
        server.close()
        return result


def silent(config: dict[str, Any]) -> dict[str, Any]:
    """Each host calls the other, and hears nothing: the client as in the textbook, the server as its kernel has it."""
    with TwoHosts(config, watched=False, sysctls={"both": {"net.ipv4.tcp_syn_retries": config["retries"]}}) as stage:
        linear = _linear(stage.pair.client, 0), _linear(stage.pair.server, None)
        client, server = stage.pair.hosts()
        calls = Call(lambda: _call(client, server)), Call(lambda: _call(server, client))
        told = [call.result(stage.timeout_s) for call in calls]
        return stage.finish(linear=linear[1], outcome=told)


def _linear(host: Host, wanted: int | None) -> int | None:
    """The host's tcp_syn_linear_timeouts, set to `wanted` if that is a number; None: this kernel has none."""
    try:
        if wanted is not None:
            host.namespace.sysctl(_LINEAR, wanted)
        with host.namespace.entered():
            return int(Path("/proc/sys", _LINEAR.replace(".", "/")).read_text())
    except FileNotFoundError:
        return None


def _call(host: Host, other: Host) -> str:
    with host.socket() as sock:
        try:
            sock.connect((other.ip, PORT))
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))
    return "connected"


def _connected(stage: TwoHosts) -> tuple[socket.socket, socket.socket]:
    with stage.pair.server.socket() as listener:
        listener.bind((stage.pair.server.ip, PORT))
        listener.listen()
        client = stage.pair.client.socket()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, _CONGESTION)
        accepting = Call(listener.accept)
        client.connect((stage.pair.server.ip, PORT))
        return client, accepting.result(stage.timeout_s)[0]


def _send(client: socket.socket, data: bytes) -> None:
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)


def _digest(server: socket.socket) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while data := server.recv(65536):
        digest.update(data)
        size += len(data)
    return size, digest.hexdigest()


CASES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "transfer": transfer,
    "outage": outage,
    "silent": silent,
}
