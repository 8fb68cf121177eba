"""The servers under test, and how each is started, found ready, accounted for and stopped.

Our C programs and the peers take a PORT and print "ready PORT". netlab is started through its command line:
the process we start is a supervisor, and the server is the process tree below it.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .processes import Child, RowError, cpu_s, descendants, pss_bytes

HOST = "127.0.0.1"
HERE = Path(__file__).resolve().parent.parent
BUILD = HERE / ".build"
START_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Server:
    """A recipe. `spins`: it burns its CPU even when nobody talks to it, so it only runs while measured."""

    name: str
    kind: str  # "c", "peer" or "netlab"
    transport: str  # "tcp" or "udp"
    what: str  # program, peer file or netlab mode
    options: tuple[str, ...] = ()
    spins: bool = False


def c_tcp(name: str = "C epoll") -> Server:
    return Server(name, "c", "tcp", "epoll_echo")


def c_udp(name: str = "C recvfrom/sendto") -> Server:
    return Server(name, "c", "udp", "udp_echo")


def peer(name: str, file: str) -> Server:
    return Server(name, "peer", file[:3], file)


def netlab(transport: str, mode: str, *options: str, name: str = "", spins: bool = False) -> Server:
    return Server(name or mode, "netlab", transport, mode, options, spins)


def netlab_command(*arguments: str) -> list[str]:
    """netlab of this checkout, by the interpreter that runs the harness."""
    return [sys.executable, "-m", "netlab", *arguments]


def netlab_environment() -> dict[str, str]:
    """This checkout first on the path; no colours; what netlab keeps of a run stays in the build folder."""
    path = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "XDG_STATE_HOME": str(BUILD / "state")}


def _free_port(transport: str) -> int:
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Running:
    """A server that is up and has answered."""

    def __init__(self, server: Server, cpu: int) -> None:
        self.server = server
        deadline = time.monotonic() + START_PATIENCE_S
        if server.kind == "netlab":
            self.port = _free_port(server.transport)
            self._child = Child(self._netlab(server, self.port, cpu), None, netlab_environment())
        else:
            self._child = Child(self._ready_printer(server), {cpu})
        try:
            if server.kind != "netlab":
                word, _, port = self._child.line(deadline).partition(" ")
                if word != "ready" or not port.isdigit():
                    raise RowError(f"said {word!r} instead of ready")
                self.port = int(port)
            self._await_echo(deadline)
        except BaseException:
            self._child.stop()
            raise

    @staticmethod
    def _netlab(server: Server, port: int, cpu: int) -> list[str]:
        options = ["--mode", server.what, "--host", HOST, "--port", str(port), "--cpus", str(cpu), *server.options]
        return netlab_command(f"{server.transport}-server", "--serve", "--no-save", *options)

    @staticmethod
    def _ready_printer(server: Server) -> Sequence[str]:
        if server.kind == "c":
            return [str(BUILD / server.what), "0"]
        python = BUILD / "venv" / "bin" / "python"
        return [str(python), str(HERE / "peers" / f"{server.what}.py"), "0"]

    def _await_echo(self, deadline: float) -> None:
        """One message there and back: only then is it certain that the server, not just its socket, is up."""
        kind = socket.SOCK_STREAM if self.server.transport == "tcp" else socket.SOCK_DGRAM
        while time.monotonic() < deadline:
            if not self._child.running:
                raise self._child.ended_early()
            with socket.socket(socket.AF_INET, kind) as probe:
                # Long for an echo; over UDP it is what a datagram sent too early costs.
                probe.settimeout(0.5)
                try:
                    probe.connect((HOST, self.port))
                    probe.sendall(b"is anybody there")
                    if probe.recv(64) == b"is anybody there":
                        return
                except OSError:
                    pass
            time.sleep(0.02)
        raise RowError("never answered")

    def pids(self) -> list[int]:
        """The server's processes; of netlab everything below the supervisor, which only waits and reports."""
        below = descendants(self._child.pid)
        return below if self.server.kind == "netlab" else [self._child.pid, *below]

    def cpu_s(self) -> float:
        return cpu_s(self.pids())

    def pss_bytes(self) -> int:
        return pss_bytes(self.pids())

    def drain(self) -> None:
        self._child.drain()

    def stop(self) -> None:
        self._child.stop()
