"""The rows that experiments declare: old records are read as them cell by cell, and no table is forgotten."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from netlab import registry
from netlab.report import as_json
from netlab.report.quantity import Table
from netlab.report.record import Report
from netlab.report.rows import rows_in, shape_of, table_of

FOLDER = Path(__file__).parent / "records_v1"
RECORDS = sorted(FOLDER.glob("*.json.gz"))


def report_of(path: Path) -> Report:
    return as_json.loads(gzip.decompress(path.read_bytes()).decode())


# Tables that nobody reads back have no row class: the rows of such experiments are not declared.
DECLARED = [path for path in RECORDS if registry.find(report_of(path).experiment).rows()]


@pytest.mark.parametrize("path", DECLARED, ids=[path.name[16:-13] for path in DECLARED])
def test_the_tables_of_a_record_are_rows(path: Path) -> None:
    report = report_of(path)
    line = registry.find(report.experiment)
    for table in report.measurement.tables:
        # Two kinds of runs of one experiment can have a table of the same name with other columns.
        (cls,) = [each for each in line.rows() if shape_of(each).is_of(table) and has_columns_of(table, each)]
        rows = rows_in(cls, table)
        assert len(rows) == len(table.rows)
        assert rows_in(cls, table_of(cls, rows)) == rows


def has_columns_of(table: Table, cls: type) -> bool:
    names = [column.name for column in table.columns]
    return {shape_of(cls).column_in(names, name) for name in names} == set(names)
