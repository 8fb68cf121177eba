"""What a person sees: fits the terminal, says everything that matters, and takes nothing in a report for a command."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from netlab.report import table
from netlab.report.glyphs import to_encoding
from netlab.report.grid import sparkline
from netlab.report.quantity import Check, Column, Fact, Measurement, Samples, Table
from netlab.report.record import Report
from netlab.report.summary import summarize

WIDTHS = (40, 60, 80, 120)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(report: Report, width: int) -> None:
    for line in table.render(report, width=width).splitlines():
        assert cell_len(line) <= width, line
        assert line == line.rstrip()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_words_of_a_report_are_no_markup(report: Report, width: int) -> None:
    text = " ".join(table.render(report, width=width).split())
    assert "[red]fork" in text
    assert "[bold]of its CPU[/bold]" in text


def test_control_characters_do_not_reach_the_terminal(report: Report) -> None:
    hostile = "\x1b[2J\x07\x9b31m\r\nx"
    found = Measurement(
        facts=(Fact(hostile, hostile, "", hostile),),
        tables=(Table(hostile, (Column(hostile, ""),), ((hostile,),)),),
        checks=(Check(hostile, hostile, hostile, "y"),),
        findings=(hostile,),
        warnings=(hostile,),
    )
    one = replace(report, title=hostile, parameters={"mode": hostile}, measurement=found, samples=())
    text = table.render(one, width=80)
    assert not [ch for ch in text if ch != "\n" and (ord(ch) < 0x20 or 0x7F <= ord(ch) < 0xA0)]


def test_colour_is_asked_for(report: Report) -> None:
    assert "\x1b[" not in table.render(report, width=80)
    assert "\x1b[" in table.render(report, width=80, colour=True)


def test_a_failed_check_shows_what_was_expected(report: Report) -> None:
    text = table.render(report, width=80)
    assert "✓ every byte came back as it was sent [RFC 862]" in text
    assert "✗ server and client counted the same messages [counters of both]" in text
    assert "expected 246,912, observed 246,910" in text
    assert "1 of 2 hold" in text


def test_unknown_is_a_dash_and_never_a_zero(report: Report) -> None:
    lines = table.render(report, width=80).splitlines()
    assert any("lost" in line and line.endswith("–") for line in lines)
    assert any(line.split() == ["connect", "s", "0", *"––––––"] for line in lines)


def test_columns_without_room_are_named(report: Report) -> None:
    assert "(no room here for: " in table.render(report, width=40)
    assert "(no room here for: " not in table.render(report, width=120)


def test_facts_of_one_kind_come_under_their_word(report: Report) -> None:
    text = table.render(report, width=80)
    assert [line.split() for line in text.splitlines() if line.startswith("Server")] == [["Server", "Load"]]


def test_words_without_room_go_under_their_row(report: Report) -> None:
    what = Table(
        "Limits",
        (Column("", ""), Column("here", "1"), Column("enables", "")),
        (("tcp_max_syn_backlog", 2048, "handshakes under way at the same time"),),
    )
    narrow = replace(report, measurement=Measurement(tables=(what,)), samples=())
    lines = table.render(narrow, width=40).splitlines()
    at = next(n for n, line in enumerate(lines) if "tcp_max_syn" in line)
    assert lines[at + 1 : at + 3] == ["    handshakes under way at the same", "    time"]


def test_an_empty_report_is_short(report: Report) -> None:
    text = table.render(replace(report, measurement=Measurement(), samples=(), parameters={}, seed=None), width=80)
    assert text.splitlines() == ["A TCP echo server under load", "", "2.31 s · not recorded"]


def test_an_interrupted_run_says_so(report: Report) -> None:
    text = table.render(replace(report, measurement=replace(report.measurement, interrupted=True)), width=80)
    assert "Interrupted" in text.splitlines()[3]


def test_a_terminal_without_unicode_gets_the_same_lines_in_ascii(report: Report) -> None:
    text = table.render(report, width=80)
    drawn = to_encoding(text, "ANSI_X3.4-1968")
    assert drawn.isascii()
    assert [len(line) for line in drawn.splitlines()] == [len(line) for line in text.splitlines()]
    assert to_encoding(text, "UTF-8") == text


def test_a_tail_of_one_in_a_thousand_can_be_seen() -> None:
    bars = sparkline(summarize(Samples("latency", "s", [1e-4] * 999 + [1e-2])), 30)
    assert bars[0] == "█" and bars[-1] == "▁" and set(bars[1:-1]) == {" "}
