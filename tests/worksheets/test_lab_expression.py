"""The language of answers: what it can say, and that it can say nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labwork import a_run

from netlab.worksheets.expression import check_syntax, evaluate
from netlab.worksheets.record_reader import Missing, Ordering, Unknown

RUNS = {"one": a_run(), "two": a_run("20261122-180000-doctor-0001", ports=10)}


def value(text: str) -> Any:
    return evaluate(text, RUNS, "one")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('fact("served messages")', 28_231),
        ('cell("Limits", "here", {"": "ephemeral ports"})', 28_232),
        ('cell("Lim*", "here", {"": "open*"}) / 2', 10_000),
        ('cell("Limits", "here", {"": "ephemeral ports"}, run="two")', 10),
        ('count("Limits")', 2),
        ('total("Limits", "here")', 48_232),
        ('observed("only the diff*")', "IXFR"),
        ('parameter("idle") == [0, 900] and parameter("mode") in ["epoll"]', True),
        ('"a" if 1 < fact("served messages") <= 28231 else "b"', "a"),
        ('found("FD_SETSIZE reached")', True),
        ('not found("nothing of the kind")', True),
        ('split("127.0.0.2:40023", ":", -1)', "40023"),
        ('max(1, 2) + min(3, 4) - abs(-1) % 5 + round(2.6) + len("ab")', 9),
        ("passed() and not interrupted()", True),
    ],
)
def test_it_reads_reports(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_an_order_is_by_the_measured_values() -> None:
    found = value('order("Limits", "", "here")')
    assert found.names == ("open files, hard", "ephemeral ports")
    assert value('order_down("Limits", "", "here")').names == ("ephemeral ports", "open files, hard")


@given(st.permutations(["a", "b", "c", "d"]))
def test_what_is_nearly_equal_may_stand_either_way(said: list[str]) -> None:
    order = Ordering((("a", 10.0), ("b", 11.0), ("c", 30.0), ("d", 31.0)), tie=1.2)
    assert (not order.inverted(tuple(said))) == (set(said[:2]) == {"a", "b"})


@pytest.mark.parametrize(
    "text",
    [
        'fact("nope")',
        'cell("Limits", "nope")',
        'cell("no table", "x")',
        'parameter("x")',
        'cell("Limits", "here", {"": "nope"})',
        'fact("served messages", run="three")',
        'sample("latency", "p50")',
        'observed("nope")',
        'split("a", ":", 3)',
    ],
)
def test_a_missing_field_is_said_to_be_missing(text: str) -> None:
    with pytest.raises(Missing):
        value(text)


@pytest.mark.parametrize("text", ['fact("unknown") + 1', 'fact("unknown") > 1', "1 / 0", "round(1 / 0)"])
def test_what_was_not_measured_is_unknown(text: str) -> None:
    with pytest.raises(Unknown):
        value(text)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "fact.__class__",
        "(lambda: 1)()",
        "[x for x in [1]]",
        "open('/etc/passwd')",
        "fact",
        "a + 1",
        "",
        "1 +",
        "f'{1}'",
        '"a" * 10000000000',
        "2 ** 100",
        "fact(*[1])",
        'fact("a", "b", "c", "d")',
        "-'a'",
        "print(1)",
    ],
)
def test_nothing_else_can_be_said(text: str) -> None:
    with pytest.raises(ValueError):
        check_syntax(text)
        value(text)


def test_names_that_are_alike_may_stand_either_way_however_far_apart() -> None:
    order = value('order("Limits", "", "here", alike=["open files, hard", "ephemeral ports"])')
    assert value('order("Limits", "", "here")').inverted(order.names[::-1])
    assert not order.inverted(order.names[::-1])
    three = Ordering((("a", 1.0), ("b", 2.0), ("c", 9.0)), 1.0, alike=("b", "c"))
    assert three.inverted(("c", "a", "b")) == [("c", "a")]
