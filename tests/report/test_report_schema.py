"""docs/report.schema.json is what the classes of the document are."""

from __future__ import annotations

import runpy

from ordinary import ROOT


def test_the_schema_in_docs_is_current() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "report_schema.py"))
    assert tool["PLACE"].read_text() == tool["schema"](), "run: python tools/report_schema.py"
