"""The UDP load generator against honest and dishonest servers: every datagram has one fate, and it is the right one."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netlab.child.shared_counters import SharedCounters
from netlab.errors import NetlabError, PeerError
from netlab.load.generator import LoadGenerator, LoadResult
from netlab.load.outcome import CORRUPT, LoadOutcome
from netlab.load.payload import message_rings
from netlab.load.plan import Plan
from netlab.load.udp_client import CORRUPT_ONES, DUPLICATED, FATES, LATE, MOST_REMEMBERED, OVERFLOWED, UdpClient
from netlab.load.udp_engine import UdpEngine
from netlab.load.udp_worker import open_socket
from netlab.load.window import Tally, Timetable

Send = Callable[[bytes], None]
Behaviour = Callable[[int, bytes, Send], None]
"""What a server does with its n-th datagram, greetings not counted: `Send` answers."""


@contextlib.contextmanager
def server_that(behaves: Behaviour) -> Iterator[int]:
    """A UDP server that answers every client's first datagram, and then does as told: its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        sock.bind(("127.0.0.1", 0))
        greeted: set[tuple[str, int]] = set()

        def serve() -> None:
            number = 0
            while True:
                data, client = sock.recvfrom(1 << 17)
                if client == sock.getsockname():
                    return
                if client not in greeted:
                    greeted.add(client)
                    sock.sendto(data, client)
                    continue
                behaves(number, data, lambda answer, client=client: sock.sendto(answer, client))  # type: ignore[misc]
                number += 1

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            sock.sendto(b"", sock.getsockname())
            thread.join(10)
            assert not thread.is_alive()


def honest(_: int, data: bytes, send: Send) -> None:
    """An echo."""
    send(data)


def drive(port: int, **plan: object) -> LoadResult:
    """Run a plan to its end and return what it brought, after checking what must hold whatever the server does."""
    settings = {"connections": 4, "warmup_s": 0.0, **plan}
    if "messages" in settings:
        settings["duration_s"] = None
    with LoadGenerator(
        "127.0.0.1",
        port,
        Plan(**settings),  # type: ignore[arg-type]
        transport="udp",
    ) as load:
        connected = load.connect()
        load.go()
        result = load.collect()
        assert load.tally()[Tally.MESSAGES] == result.messages
    result.connected, result.idle = connected.connected, connected.idle
    fates = result.datagrams
    assert tuple(fates) == FATES
    assert fates["sent"] == fates["echoed"] + fates["lost"]
    assert fates["late"] + fates["lost here"] <= fates["lost"]
    assert fates["echoed"] == result.messages
    assert sum(result.per_connection) == result.window_messages
    return result


def quiet(result: LoadResult) -> dict[str, int]:
    """The fates that something had, besides being sent and echoed."""
    return {fate: count for fate, count in result.datagrams.items() if count and fate not in ("sent", "echoed")}


ENGINES: dict[str, dict[str, object]] = {
    "closed loop": {},
    "several under way": {"depth": 5},
    "too small for a number": {"size": 3},
    "the largest": {"size": 65507, "connections": 2},
    "kernel time stamps": {"timestamps": True},
    "several workers": {"workers": 2},
}


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_so_many_datagrams_are_sent_and_counted_as_were_asked_for(engine: dict[str, object]) -> None:
    number = int(str(engine.get("connections", 4)))
    with server_that(honest) as port:
        result = drive(port, messages=40, **engine)
    assert result.connected == number
    assert result.messages == number * 40
    assert result.per_connection == [40] * number
    assert len(result.latency_ns) == number * 40
    assert len(result.kernel_ns) == (number * 40 if "timestamps" in engine else 0)
    assert len(result.connect_ns) == number
    assert result.errors == {} and quiet(result) == {}


@pytest.mark.serial
def test_the_window_ends_the_run_and_the_warm_up_is_left_out() -> None:
    with server_that(honest) as port:
        result = drive(port, duration_s=0.3, warmup_s=0.1)
    assert 0 < result.warmup_messages < result.messages
    assert 0 <= result.messages - result.warmup_messages - result.window_messages <= 4  # under way when it ended
    assert len(result.latency_ns) == result.messages - result.warmup_messages
    assert 0.2e9 <= result.window_ns < 1e9


@pytest.mark.serial
def test_the_open_loop_sends_what_is_due_whatever_comes_back() -> None:
    with server_that(lambda number, data, send: None) as port:
        result = drive(port, duration_s=0.5, rate=200.0)
    assert result.datagrams["sent"] == result.datagrams["lost"] == 100
    assert result.messages == 0 and len(result.latency_ns) == 0


@pytest.mark.serial
def test_latency_in_the_open_loop_counts_from_when_a_datagram_was_due() -> None:
    """A server that stalls once: what falls into the stall is late by as much as is left of it."""
    stall = threading.Event()

    def stalls(number: int, data: bytes, send: Send) -> None:
        if number == 20:
            stall.wait(0.1)
        send(data)

    with server_that(stalls) as port:
        result = drive(port, duration_s=0.5, rate=1000.0)
    assert result.messages == 500
    assert sum(latency > 50e6 for latency in result.latency_ns) >= 40  # about 50 were due in its first half


@pytest.mark.parametrize("engine", [{}, {"depth": 5}, {"size": 3}], ids=["closed loop", "several under way", "small"])
def test_what_does_not_come_back_is_lost_and_the_run_goes_on(engine: dict[str, object]) -> None:
    with server_that(lambda number, data, send: send(data) if number % 10 else None) as port:
        result = drive(port, messages=25, **engine)
    assert result.datagrams["sent"] == 100
    assert quiet(result) == {"lost": 10}
    assert result.errors == {}


def test_what_comes_too_late_is_lost_and_late() -> None:
    kept: list[bytes] = []

    def keeps_one_back(number: int, data: bytes, send: Send) -> None:
        if number == 0:
            kept.append(data)
            return
        send(data)
        if kept:
            send(kept.pop())

    with server_that(keeps_one_back) as port:
        result = drive(port, messages=3, connections=1)
    assert quiet(result) == {"lost": 1, "late": 1}


@pytest.mark.parametrize("engine", [{}, {"depth": 5}], ids=["closed loop", "several under way"])
def test_what_comes_twice_is_counted_once_and_as_duplicated(engine: dict[str, object]) -> None:
    def twice(number: int, data: bytes, send: Send) -> None:
        if number % 4 == 0:
            send(data)
        send(data)

    with server_that(twice) as port:
        result = drive(port, messages=25, **engine)
    # The last echoes of a client may be repeated when it has gone.
    assert result.datagrams["echoed"] == 100
    assert 20 <= result.datagrams["duplicated"] <= 25
    assert quiet(result) == {"duplicated": result.datagrams["duplicated"]}


def test_what_overtakes_is_counted_as_reordered() -> None:
    kept: list[bytes] = []

    def swaps_pairs(number: int, data: bytes, send: Send) -> None:
        kept.append(data)
        if len(kept) == 2:
            send(kept.pop())
            send(kept.pop())

    with server_that(swaps_pairs) as port:
        result = drive(port, messages=20, depth=2, connections=1)
    assert result.datagrams["echoed"] == 20
    assert quiet(result) == {"reordered": 10}


def flip_last(data: bytes) -> bytes:
    """One bit is wrong."""
    return data[:-1] + bytes([data[-1] ^ 1])


LIES: dict[str, Callable[[bytes], bytes]] = {
    "a bit flipped": flip_last,
    "a byte less": lambda data: data[:-1],
    "a byte more": lambda data: data + b"!",
    "nothing": lambda data: b"",
    "another client's number": lambda data: data[:5] + bytes([data[5] ^ 3]) + data[6:],
    "a number not sent yet": lambda data: bytes([data[0] ^ 0x40]) + data[1:],
}


@pytest.mark.parametrize("engine", [{}, {"depth": 5}], ids=["closed loop", "several under way"])
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_was_not_sent_like_this_is_corrupt(engine: dict[str, object], lie: Callable[[bytes], bytes]) -> None:
    def lies_once(number: int, data: bytes, send: Send) -> None:
        send(lie(data) if number == 7 else data)

    with server_that(lies_once) as port:
        result = drive(port, messages=10, **engine)
    assert quiet(result) == {"lost": 1, "corrupt": 1}
    assert result.errors == {CORRUPT: 1}


def test_a_server_that_goes_away_is_noticed_and_the_run_ends() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]

        def serve() -> None:
            for _ in range(20):
                data, client = sock.recvfrom(1000)
                sock.sendto(data, client)
            sock.close()

        thread = threading.Thread(target=serve)
        thread.start()
        result = drive(port, duration_s=0.5)
        thread.join(10)
    assert result.messages == 16  # and 4 greetings
    assert result.datagrams["refused"] >= 4
    assert result.errors["ECONNREFUSED"] >= 4


def test_where_nobody_listens_there_is_one_clear_line() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    with pytest.raises(PeerError, match="ECONNREFUSED × 4") as caught:
        drive(port)
    assert "\n" not in str(caught.value)


def test_idle_clients_greet_and_are_silent() -> None:
    seen: list[bytes] = []
    with server_that(lambda number, data, send: (seen.append(data), send(data))[1]) as port:  # type: ignore[func-returns-value]
        result = drive(port, messages=5, connections=2, idle=3)
    assert (result.connected, result.idle) == (2, 3)
    assert len(result.connect_ns) == 5
    assert len(seen) == 10


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"size": 65508}, "--size 65508: a UDP datagram holds at most 65,507 bytes"),
        ({"per_connection": 5}, "--per-connection: UDP has no connections to churn"),
        ({"size": 7, "rate": 10.0}, "--size 7"),
        ({"size": 7, "depth": 2}, "--size 7"),
    ],
)
def test_what_datagrams_cannot_do_is_one_clear_line(plan: dict[str, object], words: str) -> None:
    with pytest.raises(NetlabError) as caught:
        drive(9, **plan)
    assert caught.value.exit_code == 2
    assert words in str(caught.value)


def test_it_leaves_no_descriptor_open() -> None:
    before = {path.name for path in Path("/proc/self/fd").iterdir()}
    with server_that(honest) as port:
        drive(port, messages=5)
    assert {path.name for path in Path("/proc/self/fd").iterdir()} == before


def client(size: int = 16) -> UdpClient:
    """A client that has sent three datagrams."""
    made = UdpClient(-1, 5, message_rings(1, size, seed=1)[0], size)
    made.sent = 3
    return made


def test_every_datagram_of_every_client_differs() -> None:
    rings = message_rings(20, 8, seed=1)
    clients = [UdpClient(-1, index, ring, 8) for index, ring in enumerate(rings)]
    messages = [each.message(number) for each in clients for number in range(100)]
    assert len(set(messages)) == len(messages)
    assert {len(message) for message in messages} == {8}


def test_a_client_knows_its_own_datagrams_and_no_others() -> None:
    mine = client()
    assert [mine.number_of(mine.message(number)) for number in range(5)] == [0, 1, 2, 3, None]
    other = UdpClient(-1, 6, message_rings(1, 16, seed=1)[0], 16)
    assert mine.number_of(other.message(1)) is None
    assert mine.number_of(flip_last(mine.message(1))) is None
    assert mine.number_of(mine.message(1) + b"!") is None


def test_a_client_judges_what_it_did_not_wait_for() -> None:
    mine = client()
    mine.give_up(2)
    assert mine.judge(mine.message(2)) == LATE
    assert mine.judge(mine.message(2)) == DUPLICATED
    assert mine.judge(mine.message(1)) == DUPLICATED
    assert mine.judge(mine.message(0)) is None  # the greeting, which may be sent more than once
    assert mine.judge(mine.message(4)) == CORRUPT_ONES


def test_what_a_client_remembers_is_bounded() -> None:
    mine = client()
    for number in range(MOST_REMEMBERED + 10):
        mine.give_up(number)
    assert len(mine.given_up) == MOST_REMEMBERED
    assert 9 not in mine.given_up and 10 in mine.given_up


def test_what_a_clients_own_full_queue_has_lost_is_told_from_other_losses() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        fd = open_socket(socket.AF_INET, server.getsockname())
        with socket.socket(fileno=os.dup(fd)) as alias:
            alias.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            mine = UdpClient(fd, 0, message_rings(1, 64, seed=1)[0], 64)
            shared_counters = SharedCounters.create("test", 2, len(Tally))
            engine = UdpEngine([mine], Timetable(shared_counters, shared_counters.row(0), 0.0, 1.0, 1.0), LoadOutcome())
            for _ in range(100):
                server.sendto(bytes(64), alias.getsockname())
            alias.setblocking(False)
            taken = 0
            with contextlib.suppress(BlockingIOError):
                while alias.recv(100):
                    taken += 1
            engine.retire(fd)
            engine.poller.close()
    assert 0 < taken < 100
    assert engine.fates[OVERFLOWED] == 100 - taken
