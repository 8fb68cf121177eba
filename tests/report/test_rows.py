"""Tables as typed rows: there and back, by earlier names, and what does not fit."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.codec import DecodeError
from netlab.report.quantity import Column, Measurement, Table, Value
from netlab.report.rows import Bytes, Count, Named, Number, Seconds, Unit, row, rows_in, rows_of, shape_of, table_of


class Way(Enum):
    UP = "up"
    DOWN = "down"


@row("hops", title="Hop by hop", was=("hops of *",))
class Hop:
    number: Number
    from_: str
    sent: Seconds
    round_trip: Annotated[Seconds | None, Named("RTT", was=("rtt", "round trip"))]
    size: Bytes
    way: Way
    view: Literal["wire", "kernel"] = "wire"
    share: Annotated[float | None, Unit("share")] = None
    again: bool = False
    data: bytes = b""


hops = st.builds(
    Hop,
    number=st.integers(),
    from_=st.text(),
    sent=st.floats(allow_nan=False, allow_infinity=False),
    round_trip=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    size=st.integers(0),
    way=st.sampled_from(Way),
    view=st.sampled_from(["wire", "kernel"]),
    share=st.none() | st.floats(0, 1),
    again=st.booleans(),
    data=st.binary(),
)
A_HOP = Hop(1, "client", 0.5, None, 60, Way.UP)


def found(*tables: Table) -> Measurement:
    return Measurement(tables=tables)


@given(st.lists(hops, max_size=5))
def test_rows_come_back_the_same(rows: list[Hop]) -> None:
    assert rows_of(Hop, found(table_of(Hop, rows))) == rows


def test_a_table_has_its_columns_from_the_fields() -> None:
    table = table_of(Hop, [A_HOP])
    assert table.name == "hops" and table.heading == "Hop by hop" and table.shown
    assert table.columns == (
        Column("number", ""),
        Column("from", ""),
        Column("sent", "s"),
        Column("RTT", "s"),
        Column("size", "B"),
        Column("way", ""),
        Column("view", ""),
        Column("share", "share"),
        Column("again", ""),
        Column("data", ""),
    )
    assert table.rows == ((1, "client", 0.5, None, 60, "up", "wire", None, False, ""),)


def test_a_title_of_the_run_and_a_table_for_charts_only() -> None:
    table = table_of(Hop, [], title="Hops of the SYN", shown=False)
    assert (table.name, table.heading, table.shown) == ("hops", "Hops of the SYN", False)


def test_a_column_can_be_left_out_and_is_read_back_as_its_default() -> None:
    table = table_of(Hop, [A_HOP], without={"share", "data"})
    assert [column.name for column in table.columns][-2:] == ["view", "again"]
    assert rows_in(Hop, table) == [A_HOP]


def test_no_such_table_has_no_rows_and_several_have_all() -> None:
    assert rows_of(Hop, found(Table("other", (), ()))) == []
    assert rows_of(Hop, found(table_of(Hop, [A_HOP]), table_of(Hop, [A_HOP], title="more"))) == [A_HOP, A_HOP]


OLD = (
    Column("number", ""),
    Column("from", ""),
    Column("sent", "s"),
    Column("rtt", "s"),
    Column("size", "B"),
    Column("way", ""),
    Column("colour", ""),
)


def test_earlier_names_of_a_table_and_its_columns_are_known() -> None:
    old = Table("hops of packet 7", OLD, ((1, "client", 0.5, 0.25, 60, "up", "blue"),))
    assert rows_of(Hop, found(old)) == [Hop(1, "client", 0.5, 0.25, 60, Way.UP)]


@pytest.mark.parametrize(
    ("at", "cell", "words"),
    [
        (2, None, "hops of x[1], 'sent': a number expected, not null"),
        (2, "soon", "hops of x[1], 'sent': a number expected, not 'soon'"),
        (0, True, "hops of x[1], 'number': a whole number expected, not True"),
        (4, 1.5, "hops of x[1], 'size': a whole number expected, not 1.5"),
        (5, "left", "hops of x[1], 'way': one of up, down expected, not 'left'"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_with_its_place(at: int, cell: Value, words: str) -> None:
    good: tuple[Value, ...] = (1, "client", 0.5, None, 60, "up", "")
    bad = (*good[:at], cell, *good[at + 1 :])
    with pytest.raises(DecodeError) as caught:
        rows_of(Hop, found(Table("hops of x", OLD, (good, bad))))
    assert caught.value.message == words


def test_a_column_without_default_must_be_there() -> None:
    with pytest.raises(DecodeError, match="table 'hops' has no column 'sent'"):
        rows_of(Hop, found(Table("hops", OLD[:2] + OLD[3:], ())))


def test_a_whole_number_in_a_column_of_numbers_is_one() -> None:
    assert rows_in(Hop, Table("hops", OLD, ((1, "client", 2, None, 60, "up", ""),)))[0].sent == 2.0


def test_a_number_without_a_unit_is_a_mistake() -> None:
    @row("bare")
    class Bare:
        count: int | None

    with pytest.raises(TypeError, match="count is a number without a unit"):
        shape_of(Bare)


def test_what_is_not_a_row_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="Way is not declared with @row"):
        shape_of(Way)


def test_all_names_of_columns_are_known_for_worksheets() -> None:
    @row("few")
    class Few:
        mean_rtt: Annotated[Seconds, Named(was=("RTT",))]
        drops: Count
        what: Annotated[str, Named("")]

    assert shape_of(Few).column_names() == {"mean rtt", "RTT", "drops", ""}
    assert table_of(Few, [Few(0.1, 2, "x")]).columns[-1] == Column("", "")


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        *((each, True) for each in ("hops", "hop*", "*", "hops of packet 7", "hops of the*", "*7", "*hops")),
        *((each, False) for each in ("hop", "HOPS", "hops of", "", "steps*")),
    ],
)
def test_a_pattern_can_mean_a_table_by_its_name_of_now_or_an_earlier_one(pattern: str, meant: bool) -> None:
    assert shape_of(Hop).can_be(pattern) is meant


def test_a_column_can_be_called_otherwise_in_a_run() -> None:
    @row("pairs")
    class Pair:
        name: Annotated[str, Named("")]
        ratio: Annotated[float | None, Unit("ratio"), Named("× other", was=("× *",))] = None

    table = table_of(Pair, [Pair("a", 2.0)], named={"ratio": "× select"})
    assert [column.name for column in table.columns] == ["", "× select"]
    assert rows_in(Pair, table) == [Pair("a", 2.0)]
