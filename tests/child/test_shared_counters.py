"""Counters in shared memory: each writer has a row, everybody sees the sums, and nothing is lost when a writer ends."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from netlab.child.shared_counters import SharedCounters

ROWS, COLUMNS = 6, 4


@pytest.fixture
def shared_counters() -> Iterator[SharedCounters]:
    table = SharedCounters.create("test", ROWS, COLUMNS)
    yield table
    table.close()


def test_a_new_ledger_is_all_zeros(shared_counters: SharedCounters) -> None:
    assert shared_counters.totals() == [0] * COLUMNS
    assert all(shared_counters.column(column) == [0] * ROWS for column in range(COLUMNS))


def test_a_row_is_its_own_and_the_totals_are_everybodys(shared_counters: SharedCounters) -> None:
    for number in range(ROWS):
        with shared_counters.row(number) as row:
            assert len(row) == COLUMNS
            row[2] = 10**number
    assert shared_counters.column(2) == [1, 10, 100, 1000, 10_000, 100_000]
    assert shared_counters.totals() == [0, 0, 111_111, 0]


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_a_cell_holds_64_bits_with_a_sign(value: int) -> None:
    table = SharedCounters.create("test", 2, 2)
    with table.row(1) as row:
        row[1] = value
    assert table.totals() == [0, value]
    table.close()


def test_the_first_two_rows_are_never_handed_out(shared_counters: SharedCounters) -> None:
    assert sorted(number for number in iter(shared_counters.take, None)) == [2, 3, 4, 5]
    assert shared_counters.take() is None
    shared_counters.give_back(4)
    assert shared_counters.take() == 4


def test_a_folded_row_is_in_the_totals_and_can_be_used_again(shared_counters: SharedCounters) -> None:
    for expected in (7, 14, 21):
        number = shared_counters.take()
        assert number is not None
        with shared_counters.row(number) as row:
            assert list(row) == [0] * COLUMNS
            row[0] = 7
        shared_counters.fold(number)
        assert shared_counters.totals() == [expected, 0, 0, 0]
    with shared_counters.row(SharedCounters.ENDED) as ended:
        assert ended[0] == 21


def test_what_another_process_counts_is_seen_here(shared_counters: SharedCounters) -> None:
    pids = []
    for number in (2, 3):
        pid = os.fork()
        if pid == 0:
            row = shared_counters.row(number)
            for _ in range(1000):
                row[1] += number
            os._exit(0)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    assert shared_counters.totals() == [0, 5000, 0, 0]


def test_another_mapping_of_the_same_memory_is_the_same_ledger(shared_counters: SharedCounters) -> None:
    fd = os.dup(shared_counters.fd)  # as a child process gets it
    other = SharedCounters(fd, ROWS, COLUMNS)
    with other.row(3) as row:
        row[3] = 42
    assert shared_counters.totals() == other.totals() == [0, 0, 0, 42]
    other.close()
    assert shared_counters.totals() == [0, 0, 0, 42]


def test_closing_gives_back_the_descriptor_and_can_be_done_twice() -> None:
    before = psutil.Process().num_fds()
    table = SharedCounters.create("test", 2, 2)
    assert psutil.Process().num_fds() > before
    table.close()
    assert psutil.Process().num_fds() == before
    fd = os.open(os.devnull, os.O_RDONLY)  # takes the number that has become free
    table.close()
    assert os.fstat(fd)
    os.close(fd)
    assert psutil.Process().num_fds() == before


class Writers(RuleBasedStateMachine):
    """Whatever writers come, count and go: the totals are what has been counted, and no row has two writers."""

    @initialize()
    def create(self) -> None:
        self.shared_counters = SharedCounters.create("test", ROWS, COLUMNS)
        self.writing: list[int] = []
        self.counted = [0] * COLUMNS

    @rule()
    def come(self) -> None:
        number = self.shared_counters.take()
        assert (number is None) == (len(self.writing) == ROWS - 2)
        if number is not None:
            assert number not in self.writing
            self.writing.append(number)

    @precondition(lambda self: self.writing)
    @rule(data=st.data(), column=st.integers(0, COLUMNS - 1), value=st.integers(0, 2**40))
    def count(self, data: st.DataObject, column: int, value: int) -> None:
        with self.shared_counters.row(data.draw(st.sampled_from(self.writing))) as row:
            row[column] += value
        self.counted[column] += value

    @precondition(lambda self: self.writing)
    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.writing))
        self.writing.remove(number)
        self.shared_counters.fold(number)

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "shared_counters"):
            assert self.shared_counters.totals() == self.counted

    def teardown(self) -> None:
        if hasattr(self, "shared_counters"):
            self.shared_counters.close()


TestWriters = Writers.TestCase
