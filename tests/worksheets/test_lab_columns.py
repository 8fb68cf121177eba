"""The tables and columns that worksheets name are those of the experiments; old records are read by earlier names."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import pytest
from labwork import LABS, a_run, every_worksheet

from netlab import registry
from netlab.errors import UsageError
from netlab.report.quantity import Column, Measurement, Table
from netlab.report.record import Report
from netlab.report.rows import Count, Named, Seconds, row
from netlab.worksheets.columns import check_columns
from netlab.worksheets.expression import evaluate
from netlab.worksheets.load import load
from netlab.worksheets.record_reader import Missing


@row("transfers", was=("transfers at *",))
class Transfer:
    loss: Annotated[Seconds, Named("chance", was=("loss",))]
    sent_again: Count


LINES = {
    "typed": SimpleNamespace(name="typed", rows=lambda: (Transfer,)),
    "free": SimpleNamespace(name="free", rows=lambda: ()),
}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "known", LINES.get)


def experiment_of(run: str | None) -> str:
    return {None: "typed", "other": "free"}.get(run, "")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    "text",
    [
        'cell("transfers", "sent again", chance=0.1)',
        'cell("transfers", "sent again", {"chance": 0.1}) / cell("transfers", "loss")',
        'total("transfers at 9*", "sent again", also={"loss": 0.1})',
        'order("trans*", "chance", "sent again", tie=1.2, down=True, alike=["a"])',
        'count("transfers", loss=0.2) + round(fact("anything"))',
        'cell("no such table", "no such column", run="other")',
        'cell("no such table", "x", run="a step that is not there")',
        'cell(like("a", "b"), "x")',
    ],
)
def test_what_an_experiment_has_can_be_asked(text: str) -> None:
    check_columns(text, experiment_of)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('cell("transfer", "loss")', "typed has no table 'transfer'; did you mean 'transfers'?"),
        ('count("cases")', "typed has no table 'cases'; it has 'transfers'"),
        (
            '1 + cell("transfers", "sent agin")',
            "of typed has no column 'sent agin'; did you mean 'sent again'",
        ),
        ('cell("transfers", column="tok")', "no column 'tok'; it has 'chance', 'loss', 'sent again'"),
        ('cell("transfers", "loss", took=1)', "no column 'took'"),
        ('cell("transfers", "loss", {"how long": 1})', "no column 'how long'"),
        ('cell("transfers", "loss", also={"how long": 1})', "no column 'how long'"),
        ('order("transfers", "way", "loss")', "no column 'way'"),
        ('order_down("transfers", "loss", "way")', "no column 'way'"),
    ],
)
def test_what_it_has_not_is_a_mistake_that_is_named(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_columns(text, experiment_of)
    assert words in str(caught.value)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("name", ["chance", "loss"])
def test_a_record_is_read_by_the_names_that_its_columns_have_and_had(name: str) -> None:
    for table, column in (("transfers", "chance"), ("transfers at 9 o'clock", "loss")):
        columns = (Column(column, "share"), Column("sent again", "1"))
        found = Measurement(tables=(Table(table, columns, ((0.1, 7), (0.2, 8))),))
        old = Report("", "typed", "", {}, None, "", 0.0, {}, found)
        assert evaluate(f'cell("transfers*", "sent again", {name}=0.2)', {"run": old}, "run") == 8
        assert evaluate(f'total("transfers*", "{name}")', {"run": old}, "run") == pytest.approx(0.3)
        with pytest.raises(Missing, match="has no column 'took'"):
            evaluate('cell("transfers*", "took")', {"run": old}, "run")


def test_a_table_is_also_found_by_its_title() -> None:
    curves = (Column("segments", "1"),)
    tables = (Table("curves", curves, ((1,),), "reno alone: cwnd"), Table("curves", curves, ((2,),), "bbr alone: cwnd"))
    run = a_run()
    report = Report(run.id, run.experiment, "", {}, None, run.started_at, 0.0, {}, Measurement(tables=tables))
    assert evaluate('cell("bbr alone*", "segments")', {"run": report}, "run") == 2
    assert evaluate('cell("curves", "segments")', {"run": report}, "run") == 1


def test_every_worksheet_names_what_there_is() -> None:
    for id in every_worksheet():
        load(LABS / id)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"mean RTT"', '"mean rtt"', "'alone' of tcp-congestion has no column 'mean rtt'; did you mean 'mean RTT'?"),
        ('cell("sharing"', 'cell("shering"', "tcp-congestion has no table 'shering'; did you mean 'sharing'?"),
        ('of="cwnd"', 'curve="cwnd"', "has no column 'curve'"),
    ],
)
def test_a_worksheet_that_names_what_there_is_not_is_broken(tmp_path: Path, old: str, new: str, words: str) -> None:
    folder = tmp_path / "12-congestion"
    shutil.copytree(LABS / "12-congestion", folder)
    text = (folder / "lab.toml").read_text()
    assert old in text
    (folder / "lab.toml").write_text(text.replace(old, new))
    with pytest.raises(UsageError) as caught:
        load(folder)
    assert words in caught.value.message and "lab.toml: step" in caught.value.message
