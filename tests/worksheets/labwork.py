"""Run records made by hand, and where the worksheets lie."""

from __future__ import annotations

from pathlib import Path

from netlab.report import store
from netlab.report.quantity import Check, Column, Fact, Measurement, Table, Value
from netlab.report.record import Report
from netlab.worksheets import catalogue

SHELF = Path(__file__).parent / "shelf"
LABS = Path(__file__).parents[2] / "labs"


def a_run(
    id: str = "20261122-170501-doctor-3fa2", ports: Value = 28_232, files: Value = 20_000, interrupted: bool = False
) -> Report:
    """A run of `netlab doctor`, as far as the tiny worksheet reads it."""
    table = Table(
        "Limits", (Column("", ""), Column("here", "1")), (("ephemeral ports", ports), ("open files, hard", files))
    )
    return Report(
        id=id,
        experiment=id[16:-5],
        title="a run",
        parameters={"mode": "epoll", "idle": [0, 900]},
        seed=None,
        started_at=f"{id[:4]}-{id[4:6]}-{id[6:8]}T{id[9:11]}:{id[11:13]}:{id[13:15]}Z",
        elapsed_s=0.1,
        host={"kernel": "Linux 6.1"},
        measurement=Measurement(
            facts=(Fact("served messages", 28_231, "1"), Fact("unknown", None, "1"), Fact("rcode", "NOERROR", "")),
            tables=(table,),
            checks=(Check("only the difference was sent", "RFC 1995 §4", "IXFR", "IXFR"),),
            findings=("FD_SETSIZE reached: 85 connections.",),
            interrupted=interrupted,
        ),
    )


def record(**values: object) -> Report:
    """Save `a_run` where the learner's run records lie."""
    report = a_run(**values)  # type: ignore[arg-type]
    store.save(report)
    return report


def every_worksheet() -> list[str]:
    """The ids of the worksheets that netlab has."""
    return [sheet.id for sheet in catalogue.sheets(LABS)]
