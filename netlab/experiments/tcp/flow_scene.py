"""A writer that never pauses and a reader that does: what the two kernels hold then, and how one asks the other.

The reader's silence ends when the sender's kernel has sent so many zero-window probes (RFC 9293 §3.8.6.1), not after a
time: so there are as many on a busy machine. Then it reads in small pieces first, to show that the window does not open
by small pieces (§3.8.6.2.2), and at last as fast as it can.
"""

from __future__ import annotations

import hashlib
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from netlab.errors import NetlabError
from netlab.linux.diag import Diag, Sock
from netlab.linux.tcp_info import tcp_info
from netlab.network.private import Host
from netlab.network.timeline import CALL, RETURN, STATE, ours
from netlab.network.two_hosts import PORT, Call, TwoHosts

WRITE = 4096  # bytes a send(2)
PIECE, PIECES = 512, 48  # what the reader takes when it begins again, and how often
_BETWEEN_S = 0.004
_LOOK_S = 0.004
_PROBING = "zero window probe"


def play(config: dict[str, Any], report_progress: Callable[[float, str], None]) -> dict[str, Any]:
    """`config["size"]` bytes to a reader that stops after `config["read"]`, until `config["probes"]` probes."""
    with TwoHosts(config, watched=False) as stage:
        client, server = _connected(stage, config["buffer"])
        data = random.Random(config["seed"]).randbytes(config["size"])
        with _Looks(stage, config["probes"], report_progress) as looks:
            sending = Call(lambda: _write(stage, client, data))
            reading = Call(lambda: _read(stage, server, looks, config["read"]))
            blocked = sending.result(stage.timeout_s)
            read = reading.result(stage.timeout_s)
        mss = tcp_info(client).mss
        _acknowledged(client, stage.timeout_s)
        result = stage.finish(
            **blocked, **read, intact=read["digest"] == hashlib.sha256(data).hexdigest(), looks=looks.taken, mss=mss
        )
        client.close()
        server.close()
        return result


def _connected(stage: TwoHosts, buffer: int) -> tuple[socket.socket, socket.socket]:
    """Buffers that are set do not grow by themselves (tcp(7)); before the SYN, whose window scale depends on them."""
    with stage.pair.server.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        listener.bind((stage.pair.server.ip, PORT))
        listener.listen()
        client = stage.pair.client.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        accepting = Call(listener.accept)
        client.connect((stage.pair.server.ip, PORT))
        return client, accepting.result(stage.timeout_s)[0]


def _acknowledged(client: socket.socket, timeout_s: float) -> None:
    """Wait until the FIN, and so every byte before it, is acknowledged."""
    deadline_s = time.monotonic() + timeout_s
    while tcp_info(client).state != "FIN-WAIT-2" and time.monotonic() < deadline_s:
        time.sleep(_LOOK_S)


def _write(stage: TwoHosts, client: socket.socket, data: bytes) -> dict[str, Any]:
    """send(2) until all is sent; the call that took longest, and how much had been taken before it."""
    longest = (0, 0, 0, 0)
    at = 0
    while at < len(data):
        begun_ns = time.monotonic_ns()
        taken = client.send(data[at : at + WRITE])
        ended_ns = time.monotonic_ns()
        longest = max(longest, (ended_ns - begun_ns, begun_ns, ended_ns, at))
        at += taken
    client.shutdown(socket.SHUT_WR)
    _, begun_ns, ended_ns, before = longest
    what = f"send({WRITE} B), after {before:,} B"
    stage.timeline.note("client", CALL, what, at_ns=begun_ns)
    stage.timeline.note("client", RETURN, what, f"{(ended_ns - begun_ns) / 1e9:.2f} s later", at_ns=ended_ns)
    return {"blocked": {"from_ns": begun_ns, "to_ns": ended_ns, "written": before}}


def _read(stage: TwoHosts, server: socket.socket, looks: _Looks, first: int) -> dict[str, Any]:
    """`first` bytes, nothing until there were probes, small pieces, the rest."""
    digest, read = hashlib.sha256(), 0

    def take(most: int) -> int:
        nonlocal read
        data = server.recv(most)
        digest.update(data)
        read += len(data)
        return len(data)

    while read < first and take(min(WRITE, first - read)):
        pass
    stage.timeline.note("server", CALL, f"recv(), the last for now: {read:,} B")
    stopped_ns = time.monotonic_ns()
    looks.wait(stage.timeout_s)
    again_ns = time.monotonic_ns()
    stage.timeline.note("server", CALL, f"recv({PIECE} B), again and again")
    pieces = []
    for _ in range(PIECES):
        take(PIECE)
        pieces.append((time.monotonic_ns(), read))
        time.sleep(_BETWEEN_S)
    stage.timeline.note("server", CALL, "recv(), as fast as it can")
    while take(65536):
        pass
    return {
        "digest": digest.hexdigest(),
        "received": read,
        "stopped_ns": stopped_ns,
        "again_ns": again_ns,
        "pieces": pieces,
    }


class _Looks:
    """A thread that asks both kernels what the connection holds, and keeps what has changed."""

    def __init__(self, stage: TwoHosts, probes: int, report_progress: Callable[[float, str], None]) -> None:
        self.taken: list[dict[str, Any]] = []
        self._stage, self._probes, self._tell = stage, probes, report_progress
        self._diags: list[tuple[Host, Diag]] = []
        for host in stage.pair.hosts():
            with host.namespace.entered():
                self._diags.append((host, Diag()))
        self._over, self._probed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Looks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)
        for _host, diag in self._diags:
            diag.close()

    def wait(self, timeout_s: float) -> None:
        """Until there have been enough probes; NetlabError when there were not in time."""
        if not self._probed.wait(timeout_s):
            raise NetlabError(f"there were no {self._probes} zero-window probes within {timeout_s:g} s")

    def _run(self) -> None:
        last: dict[str, dict[str, Any]] = {}
        while not self._over.is_set():
            for host, diag in self._diags:
                for sock in diag.tcp(info=True):
                    if sock.state != "ESTABLISHED" or not ours(sock, host, self._stage.pair.hosts()):
                        continue
                    if last.get(host.name) != (told := _told(sock)):
                        self._changed(host.name, sock, last.get(host.name), told)
                        last[host.name] = told
            self._over.wait(_LOOK_S)

    def _changed(self, host: str, sock: Sock, before: dict[str, Any] | None, now: dict[str, Any]) -> None:
        self.taken.append({"at_ns": time.monotonic_ns(), "host": host, "expires_s": sock.expires_s, **now})
        if now["timer"] != _PROBING or (before and (before["timer"], before["backoff"]) == (_PROBING, now["backoff"])):
            return
        probes = now["backoff"]  # each one that is sent doubles the timer
        self._stage.timeline.note(host, STATE, f"{_PROBING} in {sock.expires_s:.2f} s", backoff=probes)
        self._tell(min(0.2 + 0.6 * probes / self._probes, 0.8), f"zero-window probes: {probes}")
        if probes >= self._probes:
            self._probed.set()


def _told(sock: Sock) -> dict[str, Any]:
    return {
        "receive_queue": sock.receive_queue,
        "send_queue": sock.send_queue,
        "timer": sock.timer,
        "backoff": sock.info.backoff if sock.info else 0,
    }
