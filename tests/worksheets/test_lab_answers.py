"""What people type, in two languages, against what was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from netlab.worksheets.answers import NotAnAnswer, echo, mark, parse, shown
from netlab.worksheets.model import Step
from netlab.worksheets.record_reader import Ordering

NUMBER = Step("n", 1, "blank", "number", unit="µs")
COUNT = replace(NUMBER, unit="")
ORDER = Step("o", 1, "predict", "order", items=("fork", "thread", "select", "epoll"))
CHOICE = Step("c", 1, "explain", "choice", options=("a", "b"))
WORDS = Step("t", 1, "blank", "text")


@pytest.mark.parametrize(
    "typed", "54.2|54.2 µs|54.2us|0.0542 ms|５４．２|54.2 μs|54.2 微秒|5.42e1|54.2 µs/msg".split("|")
)
def test_numbers_with_and_without_units(typed: str) -> None:
    assert parse(NUMBER, typed) == pytest.approx(54.2e-6)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        ("many", "no-number"),
        ("5 parsecs", "no-unit"),
        ("-3", "no-number"),
        ("1 2", "no-number"),
        ("x" * 600, "empty"),
    ],
)
def test_what_is_no_number(typed: str, why: str) -> None:
    with pytest.raises(NotAnAnswer, match=why):
        parse(NUMBER, typed)


def test_counts_are_exact_and_measured_values_are_rounded() -> None:
    assert mark(COUNT, parse(COUNT, "28,231"), 28_231).right
    assert not mark(COUNT, parse(COUNT, "28232"), 28_231).right
    assert mark(NUMBER, parse(NUMBER, "54.2"), 54.1899e-6).right
    assert not mark(NUMBER, parse(NUMBER, "56"), 54.1899e-6).right


def test_a_slip_of_the_unit_is_recognised() -> None:
    marked = mark(NUMBER, parse(NUMBER, "54.2 ms"), 54.1899e-6)
    assert not marked.right and marked.slipped
    assert not mark(NUMBER, parse(NUMBER, "70"), 54.1899e-6).slipped


def test_zero_is_a_number() -> None:
    assert mark(COUNT, parse(COUNT, "0"), 0).right
    assert not mark(COUNT, parse(COUNT, "1"), 0).right
    assert not mark(COUNT, parse(COUNT, "0"), 1).right


@pytest.mark.parametrize(
    "typed", ["epoll select thread fork", "epoll < select < thread < fork", "e、s、t、f", "EPOLL,select,t,f"]
)
def test_orders(typed: str) -> None:
    measured = Ordering((("epoll", 1.0), ("select", 2.0), ("thread", 3.0), ("fork", 4.0)), 1.0)
    assert mark(ORDER, parse(ORDER, typed), measured).right
    assert mark(ORDER, parse(ORDER, "select epoll thread fork"), measured).inverted == (("select", "epoll"),)


@pytest.mark.parametrize(
    ("typed", "why"),
    [("epoll select", "not-all"), ("epoll epoll thread fork", "not-all"), ("kqueue select thread fork", "no-item")],
)
def test_what_is_no_order(typed: str, why: str) -> None:
    with pytest.raises(NotAnAnswer, match=why):
        parse(ORDER, typed)


def test_letters_and_words() -> None:
    assert parse(CHOICE, "B)") == parse(CHOICE, "ｂ") == "b"
    with pytest.raises(NotAnAnswer, match="no-option"):
        parse(CHOICE, "z")
    assert mark(WORDS, parse(WORDS, " DNS.net "), "dns.net.").right


def test_values_are_shown_as_they_are_typed() -> None:
    values = [
        (NUMBER, 54.2e-6),
        (COUNT, 28_231),
        (replace(NUMBER, unit="KiB"), 633_856.0),
        (replace(NUMBER, unit="%"), 0.147),
        (replace(NUMBER, unit="×"), 3.21),
        (WORDS, "40023"),
    ]
    for step, value in values:
        assert mark(step, parse(step, shown(step, value)), value).right


def test_an_answer_is_repeated_as_it_was_understood() -> None:
    assert echo(CHOICE, " B) ") == echo(CHOICE, "ｂ") == "b"
    assert echo(ORDER, "e<s<T<fork") == "epoll select thread fork"
    assert echo(NUMBER, " ５４．２  us ") == "54.2 us"
    with pytest.raises(NotAnAnswer):
        echo(CHOICE, "z")
