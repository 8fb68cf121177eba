"""A process that generates load over UDP: greet, say so, wait for the start, drive, hand over what was measured.

Connecting a UDP socket sends nothing (connect(2) only notes the address). So each client *greets*: it sends
one datagram and waits for its echo. Then it is certain that somebody is there, a server that gives each
client a worker of its own has started it, and the time that took is what TCP has its connect latency for.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from select import EPOLLIN, epoll

from netlab.child.child_side import Message, send
from netlab.child.shared_counters import SharedCounters
from netlab.clock import monotonic_ns as clock
from netlab.errors import UsageError
from netlab.load.outcome import LoadOutcome, kind_of
from netlab.load.payload import message_rings
from netlab.load.udp_client import FATES, HEADER, UdpClient
from netlab.load.udp_closed_loop import UdpClosedLoop
from netlab.load.udp_open_loop import UdpOpenLoop
from netlab.load.udp_pipelined import UdpPipelined
from netlab.load.window import Tally, Timetable
from netlab.load.worker import check_descriptors, deliver

LARGEST = {socket.AF_INET: 65507, socket.AF_INET6: 65527}
"""Bytes that fit into a UDP datagram: 65,535 less the headers (RFC 768; IPv6's own header is not counted in)."""
RECEIVE_BUFFER_BYTES = 4 << 20
"""What a client's socket asks for, and may get less of (net.core.rmem_max): losses should be the server's, not ours."""
GREET_AT_ONCE = 32
GREET_AT_ONCE_BYTES = 100_000  # about half of what a receive queue takes by default (net.core.rmem_default)
GREETINGS = 3
GREETING_TIMEOUT_S = 0.3
NO_ANSWER = "no echo of the first datagram"


def main(config: Message) -> None:
    """Drive as `config` says (generator.py writes it). Raises UsageError for what UDP cannot do."""
    check(config)
    number = config["idle"] + config["connections"]
    check_descriptors(number)
    shared_counters = SharedCounters(*config["shared_counters"])
    row = shared_counters.row(config["row"])
    window = Timetable(shared_counters, row, config["warmup_s"], config["duration_s"], config["drain_s"])
    out = LoadOutcome()
    rings = message_rings(number, config["size"], config["seed"])
    address = tuple(config["address"])
    clients = [
        UdpClient(
            open_socket(config["family"], address), config["worker"] + index * config["workers"], ring, config["size"]
        )
        for index, ring in enumerate(rings)
    ]
    greeted = greet(clients, row, out)
    idle, active = greeted[: config["idle"]], greeted[config["idle"] :]
    send({"connected": len(active), "idle": len(idle), "errors": out.errors})
    window.wait_for_go()
    fates = drive(config, window, out, active) if active else Counter()
    for client in idle:
        os.close(client.fd)
    deliver(config["samples_fd"], out, {fate: fates[fate] for fate in FATES})


def check(config: Message) -> None:
    """Raise UsageError for a load that cannot be sent in datagrams."""
    size, largest = config["size"], LARGEST[config["family"]]
    if size > largest:
        raise UsageError(f"--size {size}: a UDP datagram holds at most {largest:,} bytes")
    if config["per_connection"] is not None:
        raise UsageError("--per-connection: UDP has no connections to churn")
    several = config["depth"] > 1 or config["rate"] is not None or config["timestamps"]
    if several and size < HEADER.size:
        raise UsageError(
            f"--size {size}: with --depth, --rate or --timestamps a datagram needs {HEADER.size} bytes",
            "they carry the number that tells it from the others under way",
        )


def open_socket(family: int, address: tuple[str, int]) -> int:
    """A non-blocking socket that is connected to the server: its descriptor."""
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    made.connect(address)
    return made.detach()


def greet(clients: list[UdpClient], row: memoryview, out: LoadOutcome) -> list[UdpClient]:
    """Exchange a first datagram with each client: those that were answered. The others are counted and closed."""
    answered = []
    at_once = max(1, min(GREET_AT_ONCE, GREET_AT_ONCE_BYTES // clients[0].size)) if clients else 1
    for start in range(0, len(clients), at_once):
        some = clients[start : start + at_once]
        waiting = {client.fd: client for client in some}
        errors = greet_some(waiting, row, out)
        for client in some:
            if client.fd in waiting:
                out.error(errors.get(client.fd, NO_ANSWER))
                os.close(client.fd)
            else:
                answered.append(client)
    return answered


def greet_some(waiting: dict[int, UdpClient], row: memoryview, out: LoadOutcome) -> dict[int, str]:
    """Greet all who are `waiting`, and take those who are answered out; errors by descriptor."""
    errors: dict[int, str] = {}
    began: dict[int, int] = {}
    with epoll() as poller:
        for fd in waiting:
            poller.register(fd, EPOLLIN)
        for _ in range(GREETINGS):
            for fd, client in waiting.items():
                began.setdefault(fd, clock())
                try:
                    os.write(fd, client.message(0))
                except OSError as error:
                    errors[fd] = kind_of(error)
            deadline = time.monotonic() + GREETING_TIMEOUT_S
            while waiting.keys() - errors.keys() and (left_s := deadline - time.monotonic()) > 0:
                for fd, _ in poller.poll(left_s):
                    try:
                        data = os.read(fd, 65536)
                    except BlockingIOError:
                        continue
                    except OSError as error:
                        errors[fd] = kind_of(error)
                        continue
                    if fd in waiting and data == waiting[fd].message(0):
                        del waiting[fd]
                        out.connect_ns.append(clock() - began[fd])
                        out.connections += 1
                        row[Tally.CONNECTIONS] += 1
            if not waiting.keys() - errors.keys():
                break
    return errors


def drive(config: Message, window: Timetable, out: LoadOutcome, clients: list[UdpClient]) -> Counter[str]:
    """Choose the engine and run it to its end; what became of the datagrams."""
    size, limit = config["size"], config["messages"]
    if config["rate"] is not None:
        schedule = UdpOpenLoop(clients, size, window, out, config["timestamps"])
        schedule.interval_ns = config["workers"] / config["rate"] * 1e9
        schedule.offset_ns = config["worker"] / config["rate"] * 1e9
        schedule.run()
        return schedule.fates
    if config["depth"] > 1 or config["timestamps"]:
        pipelined = UdpPipelined(clients, size, window, out, config["timestamps"])
        pipelined.depth = config["depth"]
        pipelined.limit = limit or pipelined.limit
        pipelined.run()
        return pipelined.fates
    closed = UdpClosedLoop(clients, size, limit, window, out)
    closed.run()
    return closed.fates
