"""What scenarios of two hosts share: the pair, the watcher, threads for calls that block, and what is returned."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from netlab.errors import NetlabError
from netlab.linux.tcp_info import tcp_info
from netlab.network.conditions import Conditions
from netlab.network.frame_record import FrameRecord
from netlab.network.loopback import Loopback
from netlab.network.observation import Observation
from netlab.network.private import Host, Pair
from netlab.network.timeline import STATE, Timeline, Watcher, cookie_of

PORT = 7777  # one that Wireshark takes for nothing else
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TwoHostsPlan:
    """Conditions by host, of what it sends; `timeout_s` bounds every wait. On loopback the hosts are two addresses of
    this machine, and there is no wire. A scene with more to say has this as a part of its plan."""

    conditions: dict[str, Conditions]
    seed: int
    timeout_s: float = 60.0
    loopback: bool = False

    @staticmethod
    def alike(conditions: Conditions, seed: int) -> TwoHostsPlan:
        """The same conditions in both directions."""
        return TwoHostsPlan({"client": conditions, "server": conditions}, seed)

    def on_loopback(self) -> TwoHostsPlan:
        """The same where nobody may build networks."""
        return replace(self, loopback=True)


class TwoHosts:
    """A pair of hosts under watch."""

    def __init__(
        self, plan: TwoHostsPlan, *, watched: bool = True, sysctls: Mapping[str, Mapping[str, object]] | None = None
    ) -> None:
        """`watched`: note every state of every socket; `sysctls` by host or of "both"."""
        self.timeout_s = plan.timeout_s
        self.timeline = Timeline()
        self._stack = ExitStack()
        self.on_loopback = plan.loopback
        self.pair: Pair | Loopback
        if self.on_loopback:
            self.pair = self._stack.enter_context(Loopback())
        else:
            self.pair = self._stack.enter_context(Pair(plan.conditions, plan.seed, gated=watched, sysctls=sysctls))
        self.watcher = self._stack.enter_context(
            Watcher(self.pair.hosts() if watched else (), self.timeline, self.pair.gate)
        )
        self.passed: list[FrameRecord] = []

    def __enter__(self) -> TwoHosts:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open_socket(self, host: Host, kind: int = socket.SOCK_STREAM) -> socket.socket:
        """socket(2) on `host`, noted with the state that TCP_INFO tells of a new one."""
        made = self.timeline.call(
            host.name, "socket()", lambda: host.socket(kind), lambda _: "", made=lambda made: made
        )
        made.settimeout(None)
        if kind == socket.SOCK_STREAM:
            self.timeline.note(
                host.name, STATE, tcp_info(made).state, "as TCP_INFO says", expires_s=0.0, socket=cookie_of(made)
            )
        return made

    def listen(self, backlog: int = 16) -> socket.socket:
        """socket(), bind() and listen() on the server."""
        listener = self.open_socket(self.pair.server)
        where = (self.pair.server.ip, PORT)
        self.timeline.call("server", f"bind({where[0]}:{PORT})", lambda: listener.bind(where), lambda _: "", listener)
        self.timeline.call("server", f"listen({backlog})", lambda: listener.listen(backlog), lambda _: "", listener)
        self.watcher.settled()
        return listener

    def connect(self, client: socket.socket) -> None:
        """connect(2) to the server."""
        where = (self.pair.server.ip, PORT)
        self.timeline.call(
            "client", f"connect({where[0]}:{PORT})", lambda: client.connect(where), lambda _: "0", client
        )

    def establish(self) -> tuple[socket.socket, socket.socket, socket.socket]:
        """A listener, a client and the connection that accept(2) gave for it."""
        listener = self.listen()
        accepting = Call(lambda: self.accept(listener))
        client = self.open_socket(self.pair.client)
        self.connect(client)
        accepted = accepting.result(self.timeout_s)
        self.watcher.settled()
        return listener, client, accepted

    def listen_quietly(self, receive_buffer: int = 0) -> socket.socket:
        """A listener that is not noted on the timeline, for connections with a receive buffer of so many bytes."""
        listener = self.pair.server.socket()
        if receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        listener.bind((self.pair.server.ip, PORT))
        listener.listen()
        return listener

    def connect_quietly(self, client: socket.socket, listener: socket.socket) -> socket.socket:
        """Connect, and return what accept(2) gave for it; neither is noted on the timeline."""
        accepting = Call(listener.accept)
        client.connect((self.pair.server.ip, PORT))
        return accepting.result(self.timeout_s)[0]

    def accept(self, listener: socket.socket) -> socket.socket:
        """accept(2)."""
        accepted, _ = self.timeline.call(
            "server", "accept()", listener.accept, lambda got: f"{got[1][0]}:{got[1][1]}", listener, lambda got: got[0]
        )
        return accepted

    def receive(self, host: Host, sock: socket.socket) -> bytes:
        """recv(2), once; a reset is what it returns, too."""
        try:
            return self.timeline.call(host.name, "recv()", lambda: sock.recv(1000), _said, sock)
        except ConnectionResetError:
            return b""

    def shutdown_write(self, host: Host, sock: socket.socket) -> None:
        """shutdown(2) of the sending side: no more data from here."""
        self.timeline.call(host.name, "shutdown(SHUT_WR)", lambda: sock.shutdown(socket.SHUT_WR), lambda _: "", sock)

    def close_socket(self, host: Host, sock: socket.socket) -> None:
        """close(2)."""
        self.timeline.call(host.name, "close()", sock.close, lambda _: "", sock)

    def send(self, host: Host, sock: socket.socket, data: bytes) -> None:
        """send(2)."""
        self.timeline.call(host.name, f"send({len(data)} B)", lambda: sock.sendall(data), lambda _: "", sock)

    def wait_for_state(self, host: str, *states: str) -> None:
        """Wait until `host` has been seen in one of these states ("CLOSED": gone)."""

        def seen() -> bool:
            return any(self.timeline.saw(host, state) for state in states)

        self.wait_until(seen, f"{' or '.join(states)} at the {host}")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something to be seen; NetlabError when it was not in time."""
        if not self.timeline.wait(condition, self.timeout_s):
            raise NetlabError(f"{what} was not seen within {self.timeout_s:g} s")

    def observation(self) -> Observation:
        """End the wire; all that was seen."""
        self.watcher.settled()
        self.passed = self.pair.stop()
        return Observation(
            tuple(self.timeline.events),
            tuple(self.passed),
            self.pair.lost,
            time.time_ns() - time.monotonic_ns(),
            {host.ip: host.name for host in self.pair.hosts()},
        )


def _said(data: bytes) -> str:
    return f"{len(data)} B" if data else "0: end of stream"


def port_of(sock: socket.socket) -> int:
    """The local port of a socket with an IPv4 address."""
    return int(sock.getsockname()[1])


class Call(Generic[T]):
    """A call that blocks, in a thread of its own."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._returned: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._returned.append(self._function())
        except BaseException as error:
            self._error = error

    def result(self, timeout_s: float) -> T:
        """What it returned; raises what it raised, or NetlabError when it has not returned in time."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise NetlabError(f"a call did not return within {timeout_s:g} s")
        if self._error is not None:
            raise self._error
        return self._returned[0]
