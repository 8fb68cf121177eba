"""The page to hand in: self-contained, complete in both languages, and laid out by a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from labwork import LABS, record

from netlab.report import store
from netlab.report.quantity import Chart, Column, Measurement, Table
from netlab.report.record import Report
from netlab.worksheets import load
from netlab.worksheets.model import Sheet
from netlab.worksheets.page import page_of
from netlab.worksheets.session import Session, calibration_over

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Wellformed(HTMLParser):
    """Every element that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}>"


def answered(sheet: Sheet, lang: str) -> str:
    """The page of somebody who has predicted well and ill, and answered with a troublesome text."""
    desk = Session(sheet, lang)
    desk.answer(sheet.step("ports"), "20000", 0.9)
    desk.answer(sheet.step("larger"), "a", 0.6)
    record()
    desk.answer(sheet.step("copy"), "0" * 300 + "28232")  # a word that no line has room for
    desk.answer(sheet.step("purpose"), "b")
    return page_of(desk, calibration_over([sheet]))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_complete_and_needs_nothing_else(sheet: Sheet, lang: str) -> None:
    page = answered(sheet, lang)
    reader = Wellformed()
    reader.feed(page)
    assert not reader.open and "script" not in reader.seen and "link" not in reader.seen and "img" not in reader.seen
    assert not re.search(r"src=|@import|url\(", page)
    for words in ("28,232", "90%", "≠", "Linux 6.1", "0.1"):
        assert words in page
    expected = {
        "en": ("Calibration", "Brier score", "port must be known beforehand", "b) for servers", 'lang="en"'),
        "zh": ("把握与结果", "布里尔分数", "服务器的端口要事先让人知道", "b) 给服务器用", 'lang="zh-Hans"'),
    }
    assert all(words in page for words in expected[lang])


def test_a_late_prediction_is_marked_and_not_counted(sheet: Sheet) -> None:
    desk = Session(sheet, "en")
    desk.answer(sheet.step("larger"), "a", 0.6)
    record()
    desk.answer(sheet.step("ports"), "28232", 0.9)
    page = page_of(desk, None)
    assert "predictions: 0 of 1 held" in page and "after their run, not counted: 1" in page
    assert 'class="step late"' in page and "given after the run: not counted" in page


def test_what_was_typed_is_text_not_markup(sheet: Sheet) -> None:
    desk = Session(sheet, "en")
    desk.answer(sheet.step("purpose"), "a")
    desk.progress.answers["purpose"].given = "<script>alert(1)</script>"
    assert "<script>" not in page_of(desk, None)


def test_an_empty_sheet_has_a_page_too(sheet: Sheet) -> None:
    page = page_of(Session(sheet, "en"), None)
    assert "0 of 6 steps pass" in page and "No prediction has been scored yet" in page


def test_charts_of_the_runs_are_in_the_page() -> None:
    sheet = load.load(LABS / "13-how-many")
    table = Table(
        "modes with 10 busy connections",
        (Column("mode", ""), Column("idle", "1"), Column("CPU/msg", "s")),
        (("epoll", 0, 1e-5), ("epoll", 9990, 1.1e-5)),
    )
    chart = Chart("line", "CPU time a message", table.name, "idle", "CPU/msg", "mode")
    store.save(
        Report(
            id="20261122-170501-tcp-compare-3fa2",
            experiment="tcp-compare",
            title="",
            parameters={"modes": ["epoll"], "idle": [0, 9990], "connections": [10]},
            seed=None,
            started_at="2026-11-22T17:05:01Z",
            elapsed_s=1,
            host={},
            measurement=Measurement(tables=(table,), charts=(chart,)),
        )
    )
    page = page_of(Session(sheet, "en"), None)
    assert page.count("<svg") == 1 and "CPU time a message" in page


@pytest.mark.peers
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_lays_it_out_without_scrolling_sideways(sheet: Sheet, width: int, tmp_path: Path) -> None:
    page, frame = tmp_path / "page.html", tmp_path / "frame.html"
    # The window of a headless browser has a least width of its own; a frame has not.
    probe = (
        "<script>onload = () => { const root = document.documentElement; parent.postMessage("
        "'w=' + root.scrollWidth + ' v=' + innerWidth + ' s=' + document.querySelectorAll('section').length"
        " + ' c=' + getComputedStyle(document.body).color, '*') }</script></body>"
    )
    page.write_text(answered(sheet, "zh").replace("</body>", probe))
    frame.write_text(
        f"<iframe src='page.html' width='{width}' height='900' style='border:0'></iframe><p id='out'></p>"
        "<script>onmessage=e=>{document.getElementById('out').textContent=e.data}</script>"
    )
    assert CHROMIUM is not None
    headless = "--headless --no-sandbox --disable-gpu --virtual-time-budget=5000".split()
    done = subprocess.run(
        [CHROMIUM, *headless, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", frame.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = re.search(r"w=(\d+) v=(\d+) s=(\d+) c=(rgb\([^)]*\))", done.stdout)
    assert found is not None, done.stdout[-2000:] + done.stderr[-500:]
    assert int(found[2]) == width and int(found[1]) <= width
    assert int(found[3]) == len(sheet.steps) + 1
    assert found[4] != "rgb(0, 0, 0)"  # the style sheet was understood
