"""What several load workers have measured becomes one result; what each is told is its share of the plan."""

from __future__ import annotations

import os
from array import array
from typing import Any

import pytest

from netlab.load.generator import LoadGenerator, LoadResult, add_errors
from netlab.load.plan import Plan


@pytest.fixture
def generator() -> LoadGenerator:
    """One that has started nobody."""
    made: LoadGenerator = object.__new__(LoadGenerator)
    made.plan = Plan(connections=5, idle=3, workers=2, size=9, drain_s=0.75, warmup_s=0.5, duration_s=4.0, seed=3)
    made.family, made.address = 2, ("127.0.0.1", 99)

    class Table:
        fd, rows, columns = 77, 4, 4

    made.shared_counters = Table()  # type: ignore[assignment]
    return made


def test_each_worker_is_told_its_share(generator: LoadGenerator) -> None:
    first, second = (generator._config(number, 50 + number) for number in (0, 1))
    assert (first["connections"], second["connections"]) == (3, 2)
    assert (first["idle"], second["idle"]) == (2, 1)
    assert (first["row"], second["row"]) == (2, 3)
    assert (first["seed"], second["seed"]) == (3000, 3001)
    assert (first["samples_fd"], second["samples_fd"]) == (50, 51)
    for name, value in {"drain_s": 0.75, "warmup_s": 0.5, "duration_s": 4.0, "messages": None, "size": 9}.items():
        assert first[name] == second[name] == value


def test_a_number_of_messages_is_counted_from_the_first(generator: LoadGenerator) -> None:
    generator.plan = Plan(messages=10, duration_s=None, warmup_s=0.5)
    assert generator._config(0, 1)["warmup_s"] == 0


def message(**changes: Any) -> dict[str, Any]:
    """What one worker says."""
    return {
        "messages": 120,
        "warmup_messages": 10,
        "window_messages": 100,
        "window_ns": 2_000,
        "busy_ns": 500,
        "connections": 5,
        "late_sends": 1,
        "unrecorded": 2,
        "per_connection": [60, 40],
        "errors": {"ECONNRESET": 1},
        "samples": [3, 1, 0],
        **changes,
    }


def test_results_are_added_and_the_busiest_worker_stands_for_all(generator: LoadGenerator) -> None:
    result = LoadResult()
    for said in (
        message(),
        message(window_ns=1_000, busy_ns=900, errors={"ECONNRESET": 2, "EPIPE": 1}, datagrams={"sent": 7}),
        message(window_ns=0, busy_ns=900, datagrams={"sent": 3, "lost": 1}),
    ):
        fd = os.memfd_create("test")
        os.write(fd, array("Q", [1, 2, 3, 4]).tobytes())
        generator._add(result, said, fd)
        os.close(fd)
    assert (result.messages, result.warmup_messages, result.window_messages) == (360, 30, 300)
    assert (result.connections, result.late_sends, result.unrecorded) == (15, 3, 6)
    assert result.window_ns == 2_000
    assert result.busy_share == 0.9
    assert result.per_connection == [60, 40] * 3
    assert result.errors == {"ECONNRESET": 4, "EPIPE": 1}
    assert result.datagrams == {"sent": 10, "lost": 1}
    assert list(result.latency_ns) == [1, 2, 3] * 3
    assert list(result.kernel_ns) == [4] * 3 and list(result.connect_ns) == []


def test_errors_are_added_by_kind() -> None:
    total = {"a": 1}
    add_errors(total, {"a": 2, "b": 3})
    assert total == {"a": 3, "b": 3}
