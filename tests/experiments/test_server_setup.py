"""From parameters to what is run: nothing is lost on the way, and what was not said suits the mode."""

from __future__ import annotations

from netlab.experiments.servers import server_trial
from netlab.experiments.servers.options import Load, ServerOptions
from netlab.experiments.servers.server_trial import LARGEST_POOL, ServerParameters, limits_of, setup_of
from netlab.servers.limits import Limits
from netlab.servers.modes import find

ALL = ServerParameters(
    mode="prefork",
    load=Load(connections=30, idle=20, size=10, duration_s=9.0, warmup_s=0.75, rate=500.0),
    load_workers=2,
    timestamps=True,
    server=ServerOptions(
        host="127.0.0.3", port=4000, workers=7, max_connections=11, idle_timeout_s=3.5, drain_s=0.125, cpus="0"
    ),
    seed=5,
)


def test_every_parameter_arrives() -> None:
    setup = setup_of("tcp", ALL)
    plan, limits = setup.plan, setup.limits
    assert (setup.transport, setup.mode.name, setup.host, setup.port) == ("tcp", "prefork", "127.0.0.3", 4000)
    assert (plan.connections, plan.idle, plan.size, plan.depth, plan.workers) == (30, 20, 10, 1, 2)
    assert (plan.duration_s, plan.messages, plan.warmup_s, plan.rate) == (9.0, None, 0.75, 500.0)
    assert plan.timestamps and plan.seed == 5
    assert (limits.workers, limits.max_connections, limits.idle_timeout_s, limits.drain_s) == (7, 11, 3.5, 0.125)
    assert setup.placement.server == (0,)


def test_a_number_of_messages_has_no_duration() -> None:
    plan = setup_of("tcp", ServerParameters(load=Load(messages=40, depth=3))).plan
    assert (plan.duration_s, plan.messages, plan.depth) == (None, 40, 3)
    plan = setup_of("tcp", ServerParameters(load=Load(per_connection=2))).plan
    assert (plan.duration_s, plan.messages, plan.per_connection) == (2.0, None, 2)


def limits(
    mode: str, workers: int | None = None, most: int | None = None, connections: int = 10, cpus: int = 1
) -> Limits:
    """The limits of a mode for so many connections, on so many CPUs."""
    server = ServerOptions(workers=workers, max_connections=most)
    return limits_of(find("tcp", mode), server, connections=connections, cpu_count=cpus)


def test_a_pool_has_a_worker_for_each_connection_up_to_a_bound() -> None:
    assert limits("prefork").workers == 10
    assert limits("prefork", connections=LARGEST_POOL + 1).workers == LARGEST_POOL == 512
    assert limits("prefork", workers=600).workers == 600


def test_a_loop_on_each_cpu_and_two_at_least() -> None:
    assert [limits("epoll-multi", cpus=cpus).workers for cpus in (1, 2, 3)] == [2, 2, 3]


def test_connections_are_bounded_by_what_the_mode_makes_for_each() -> None:
    assert limits("epoll").max_connections == server_trial.DEFAULT_MAX_CONNECTIONS == 20_000
    assert limits("fork").max_connections == 1024
    assert limits("fork", most=3).max_connections == 3


def test_idle_connections_need_a_worker_too() -> None:
    assert setup_of("tcp", ServerParameters("prefork", load=Load(connections=4, idle=5))).limits.workers == 9
