"""The load generator against honest and dishonest servers: it counts exactly, and it is not taken in."""

from __future__ import annotations

import resource
import socket
import sys
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from netlab.errors import NetlabError, PeerError, UsageError
from netlab.load.generator import LoadGenerator, LoadResult
from netlab.load.outcome import CORRUPT, UNANSWERED, UNEXPECTED_END
from netlab.load.payload import VARIETY, message_rings
from netlab.load.plan import Plan

sys.path.insert(0, str(Path(__file__).parent))
import liars


def drive(port: int, **plan: object) -> LoadResult:
    """Run a plan to its end and return what it brought."""
    settings = {"connections": 4, "warmup_s": 0.0, "drain_s": 0.3, **plan}
    with LoadGenerator("127.0.0.1", port, Plan(**settings)) as load:  # type: ignore[arg-type]
        connected = load.connect()
        load.go()
        result = load.collect()
    result.connected, result.idle = connected.connected, connected.idle
    return result


ENGINES: dict[str, dict[str, object]] = {
    "closed loop": {},
    "several under way": {"depth": 5},
    "larger than a read": {"size": 100_000},
    "kernel time stamps": {"timestamps": True},
    "churn": {"per_connection": 3},
    "several workers": {"workers": 2},
}


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_so_many_messages_are_sent_and_counted_as_were_asked_for(engine: dict[str, object]) -> None:
    with liars.liar(liars.honest) as port:
        result = drive(port, messages=40, **engine)
    assert result.errors == {}
    assert result.messages == 4 * 40
    assert sorted(result.per_connection) == [40] * 4
    assert len(result.latency_ns) == 4 * 40


def test_churn_opens_a_connection_for_every_so_many_messages() -> None:
    with liars.liar(liars.honest) as port:
        result = drive(port, messages=30, per_connection=3)
    assert result.connections == 4 * 10
    assert len(result.connect_ns) == result.connections


def test_kernel_time_stamps_are_never_later_than_the_clients_own() -> None:
    with liars.liar(liars.honest) as port:
        result = drive(port, messages=50, timestamps=True, connections=1)
    # The kernel begins to stamp packets a moment after the first socket asks for it, so the first may have none.
    assert 40 <= len(result.kernel_ns) <= 50
    last = len(result.kernel_ns)
    assert all(kernel <= client for kernel, client in zip(result.kernel_ns, result.latency_ns[-last:], strict=True))


@pytest.mark.parametrize("size", [1, 64, 65_536])
@pytest.mark.parametrize("depth", [1, 3])
def test_an_echo_in_pieces_is_an_echo(size: int, depth: int) -> None:
    server = liars.one_byte_at_a_time if size < 1000 else liars.honest
    with liars.liar(server) as port:
        result = drive(port, messages=5, size=size, depth=depth)
    assert (result.messages, result.errors) == (20, {})


@pytest.mark.parametrize("engine", ["closed loop", "several under way", "churn"])
@pytest.mark.parametrize("lie", [liars.flips_a_bit, liars.repeats_the_last, liars.says_more])
def test_a_wrong_echo_is_noticed(lie: liars.Behaviour, engine: str) -> None:
    plan = {**ENGINES[engine], "per_connection": 30} if engine == "churn" else ENGINES[engine]
    with liars.liar(lie) as port:
        result = drive(port, duration_s=0.3, **plan)
    assert result.errors.get(CORRUPT, 0) >= 4


@pytest.mark.parametrize("engine", ["closed loop", "several under way"])
def test_a_server_that_hangs_up_is_noticed_on_every_connection(engine: str) -> None:
    with liars.liar(liars.hangs_up) as port:
        result = drive(port, duration_s=0.3, **ENGINES[engine])
    ended = result.errors.get(UNEXPECTED_END, 0) + result.errors.get("ECONNRESET", 0) + result.errors.get("EPIPE", 0)
    assert ended == 4


def test_a_server_that_resets_is_noticed() -> None:
    with liars.liar(liars.resets) as port:
        result = drive(port, duration_s=0.3)
    assert result.errors == {"ECONNRESET": 4}
    assert result.messages == 0


@pytest.mark.parametrize("engine", ["closed loop", "several under way", "churn"])
def test_a_server_that_never_answers_ends_the_run_in_time_and_is_counted(engine: str) -> None:
    with liars.liar(liars.never_answers) as port:
        result = drive(port, duration_s=0.2, **ENGINES[engine])
    assert result.errors == {UNANSWERED: 4 * (5 if engine == "several under way" else 1)}
    assert result.messages == 0


def test_idle_connections_that_the_server_closes_are_counted() -> None:
    turn = iter(range(100))

    def every_other(connection: socket.socket) -> None:
        if next(turn) % 2 == 0:
            liars.honest(connection)

    with liars.liar(every_other) as port:
        result = drive(port, connections=1, idle=10, duration_s=0.1)
    assert result.idle == 10
    assert sum(count for kind, count in result.errors.items() if kind.startswith("idle")) == 5


def test_nobody_listening_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(PeerError, match="ECONNREFUSED") as caught:
        drive(port, duration_s=0.1)
    assert caught.value.exit_code == 4 and caught.value.hint


def test_more_connections_than_descriptors_is_what_this_machine_lacks() -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with pytest.raises(NetlabError, match="descriptors") as caught:
        drive(1, idle=limit)
    assert caught.value.exit_code == 3 and "ulimit" in (caught.value.hint or "")


def stalling(stall_s: float) -> Callable[[socket.socket], None]:
    """An echo that stands still once, for everybody, after a while."""
    count, lock = 0, threading.Lock()

    def behaviour(connection: socket.socket) -> None:
        nonlocal count
        while data := connection.recv(65536):
            with lock:
                count += 1
                if count == 20:
                    threading.Event().wait(stall_s)
            connection.sendall(data)

    return behaviour


@pytest.mark.serial
def test_the_open_loop_sees_a_stall_in_every_message_that_was_due_and_the_closed_loop_hardly() -> None:
    stall_s = 0.5
    with liars.liar(stalling(stall_s)) as port:
        closed = drive(port, connections=2, duration_s=1.0)
    with liars.liar(stalling(stall_s)) as port:
        opened = drive(port, connections=2, duration_s=1.0, rate=200, drain_s=2.0)
    slow_ns = stall_s / 2 * 1e9
    assert sum(latency > slow_ns for latency in closed.latency_ns) <= 2  # one message a connection
    assert sum(latency > slow_ns for latency in opened.latency_ns) >= 30  # half of the hundred that were due
    assert opened.errors == {}


@pytest.mark.serial
def test_the_open_loop_sends_as_many_as_the_rate_says() -> None:
    with liars.liar(liars.honest) as port:
        result = drive(port, connections=3, duration_s=0.5, rate=400, workers=2)
    assert result.messages == 200
    assert result.errors == {}


def test_more_than_one_source_address_is_used_for_many_connections() -> None:
    from netlab.load.dialling import PER_SOURCE_ADDRESS, sources_for

    assert sources_for(100, churning=False) == 1
    assert sources_for(PER_SOURCE_ADDRESS + 1, churning=False) == 2
    assert sources_for(32, churning=True) > 1


def test_neighbours_send_different_messages_and_each_differs_from_the_next() -> None:
    rings = message_rings(100, 64, seed=1)
    assert all(len(set(ring)) == VARIETY for ring in rings)
    for one, other in pairwise(rings):
        assert all(one[turn] != other[turn] for turn in range(VARIETY))
    assert rings == message_rings(100, 64, seed=1) != message_rings(100, 64, seed=2)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"connections": 0}, "--connections"),
        ({"size": 0}, "--size"),
        ({"size": 1 << 30}, "--size"),
        ({"duration_s": 0.0}, "--duration"),
        ({"duration_s": float("nan")}, "--duration"),
        ({"rate": -1.0}, "--rate"),
        ({"rate": 10.0, "depth": 2}, "--rate"),
        ({"per_connection": 1, "depth": 2}, "--per-connection"),
        ({"workers": 9, "connections": 4}, "9 load processes"),
        ({"duration_s": None}, "--messages"),
        ({"warmup_s": -1.0}, "--warmup"),
        ({"size": 16 << 20, "connections": 1000}, "4 GiB"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_the_option_that_is_wrong(wrong: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        Plan(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [1, 7, 100])
@pytest.mark.parametrize("workers", [1, 2, 3, 7])
def test_workers_share_everything_out(number: int, workers: int) -> None:
    plan = Plan(connections=100, workers=workers)
    shares = [plan.share(number, worker) for worker in range(workers)]
    assert sum(shares) == number and max(shares) - min(shares) <= 1
