"""Charts, in a terminal and as SVG: every point is there, and any text is only text."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from netlab.errors import MachineLacks, UsageError
from netlab.report import chart, picture, png, svg
from netlab.report.plot import plot_of
from netlab.report.quantity import Chart, Column, Measurement, Table
from netlab.report.record import Report

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.integers(-(10**9), 10**9))


def _table(rows: tuple[tuple[object, ...], ...]) -> Table:
    return Table("t", (Column("x", "1"), Column("y", "s"), Column("who", "")), rows)  # type: ignore[arg-type]


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, st.text(max_size=5)), max_size=12),
    st.sampled_from(["line", "bar"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, "who"]),
)
def test_any_numbers_can_be_drawn(
    rows: list[tuple[object, ...]], kind: str, log_x: bool, log_y: bool, series: str | None
) -> None:
    shown = Chart(kind, "A & B <c>", "t", "x", "y", series, log_x, log_y)
    for line in chart.lines(shown, [_table(tuple(rows))], 60):
        assert line.cell_len <= 60
    plot = plot_of(shown, [_table(tuple(rows))])
    if plot is not None:
        ET.fromstring(svg.document([plot], "footer"))


def test_a_logarithmic_axis_has_a_place_for_zero() -> None:
    rows = ((0, 1.0, ""), (100, 2.0, ""), (10_000, 3.0, ""))
    plot = plot_of(Chart("line", "", "t", "x", "y", log_x=True), [_table(rows)])
    assert plot is not None
    places = [plot.x.at(x) for x in (0, 100, 10_000)]
    assert places[0] == 0 < places[1] < places[2] == 1
    assert [label for _, label in plot.x.ticks] == ["0", "100", "10,000"]


def test_a_bar_begins_at_zero() -> None:
    plot = plot_of(Chart("bar", "", "t", "who", "y"), [_table(((1, 0.9, "a"), (1, 1.0, "b")))])
    assert plot is not None and plot.y.low == 0


def test_lines_of_one_point_each_become_bars() -> None:
    plot = plot_of(Chart("line", "", "t", "x", "y", "who"), [_table(((0, 1.0, "a"), (0, 2.0, "b")))])
    assert plot is not None and plot.categories == ("a", "b") and plot.x.label == "who (x: 0)"


def test_bars_in_a_terminal() -> None:
    table = _table(((1, 2.0, "a"), (1, 1.0, "b")))
    lines = [line.plain for line in chart.lines(Chart("bar", "T", "t", "who", "y"), [table], 40)]
    assert lines[0] == "T" and lines[1].strip() == "y, s"
    assert lines[2].count("█") == 2 * lines[3].count("█") > 10
    assert lines[2].endswith(" 2") and lines[3].endswith(" 1")


def test_up_is_more_in_a_file() -> None:
    """SVG counts y from the top, so what is larger has the smaller coordinate: points, labels of the axis, bars."""

    def drawn(shown: Chart, rows: tuple[tuple[object, ...], ...]) -> ET.Element:
        plot = plot_of(shown, [_table(rows)])
        assert plot is not None
        return ET.fromstring(svg.document([plot], "footer"))

    lines = drawn(Chart("line", "", "t", "x", "y"), ((1, 0, ""), (2, 10, ""), (3, 5, "")))
    (path,) = lines.iter(f"{SVG}polyline")
    (x1, low), (x2, high), (x3, middle) = (map(float, pair.split(",")) for pair in path.attrib["points"].split())
    assert x1 < x2 < x3 and high < middle < low
    assert middle == pytest.approx((high + low) / 2, abs=0.1)
    marks = [float(mark.attrib["cy"]) for mark in lines.iter(f"{SVG}circle") if mark.find(f"{SVG}title") is not None]
    assert marks == [low, high, middle]
    ends = [each for each in lines.iter(f"{SVG}text") if each.attrib["text-anchor"] == "end"]
    labels = {each.text: float(each.attrib["y"]) for each in ends}
    assert labels["10"] < labels["0"] == pytest.approx(low + 4.5, abs=0.1)

    bars = drawn(Chart("bar", "", "t", "who", "y"), ((1, 10, "a"), (1, 5, "b")))
    tall, short = (each for each in bars.iter(f"{SVG}rect") if each.find(f"{SVG}title") is not None)
    heights = [float(each.attrib["height"]) for each in (tall, short)]
    feet = [float(each.attrib["y"]) + float(each.attrib["height"]) for each in (tall, short)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2) and feet[0] == pytest.approx(feet[1], abs=0.2)


def test_up_is_more_in_a_terminal() -> None:
    rows = ((1, 0, "a"), (2, 10, "a"), (1, 1, "b"), (2, 1, "b"))
    lines = [line.plain for line in chart.lines(Chart("line", "T", "t", "x", "y", "who"), [_table(rows)], 40)]
    (label_10,) = (number for number, line in enumerate(lines) if line.startswith("  10┤"))
    (label_0,) = (number for number, line in enumerate(lines) if line.startswith("   0┤"))
    assert label_10 < label_0
    assert lines[label_10].endswith("●") and lines[label_0][5] == "●"  # a rises from the left below to the right above
    assert not any(0x2800 < ord(letter) < 0x2900 for letter in lines[label_10][6:20])  # and its line, too
    assert any(0x2800 < ord(letter) < 0x2900 for letter in lines[label_0][6:20])


def test_every_series_has_its_mark() -> None:
    rows = tuple((x, 0.1 * x, f"mode{n}") for n in range(12) for x in (1, 2))
    text = "\n".join(line.plain for line in chart.lines(Chart("line", "T", "t", "x", "y", "who"), [_table(rows)], 60))
    legend = text[text.index("● mode0") :]
    assert all(f" mode{n}" in legend for n in range(12))
    assert all(cell_len(line) <= 60 for line in text.splitlines())


def test_a_chart_without_its_table_or_column_is_no_chart() -> None:
    assert plot_of(Chart("line", "", "none", "x", "y"), [_table(((1, 1, ""),))]) is None
    assert plot_of(Chart("line", "", "t", "nope", "y"), [_table(((1, 1, ""),))]) is None
    assert plot_of(Chart("line", "", "t", "x", "y"), [_table(((1, None, ""),))]) is None


def test_the_file_has_every_point_and_every_name(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    picture.save(report, path)
    root = ET.parse(path).getroot()
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {"As idle connections grow", "Tail latency", "[red]fork", "idle", "messages per second"} <= set(words)
    points = [element for element in root.iter(f"{SVG}circle") if element.find(f"{SVG}title") is not None]
    assert len(points) == 9
    assert not [element for element in root.iter() if element.tag in (f"{SVG}script", f"{SVG}image")]


def test_a_report_without_charts_shows_its_samples(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "out.svg"
    picture.save(replace(report, measurement=Measurement()), path)
    assert "Latency: 1,000 samples" in path.read_text()
    with pytest.raises(UsageError, match="nothing that could be drawn"):
        picture.save(replace(report, measurement=Measurement(), samples=()), path)


def test_a_file_that_cannot_be_is_refused_before_the_run(tmp_path: Path) -> None:
    for path in (tmp_path / "a.gif", tmp_path / "a", tmp_path / "no" / "a.svg"):
        with pytest.raises(UsageError):
            picture.check(path)


def test_png_says_how_to_get_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "find_spec", lambda name: None)  # as where Matplotlib is not installed
    with pytest.raises(MachineLacks) as raised:
        picture.check(tmp_path / "a.png")
    assert "netlab[plot]" in (raised.value.hint or "")


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="Matplotlib is not installed")
def test_png(report: Report, tmp_path: Path) -> None:
    picture.save(report, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
