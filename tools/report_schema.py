"""Write docs/report.schema.json from the classes that are the schema (netlab/report/document.py).

    python tools/report_schema.py

tests/report/test_report_schema.py says when it has to be run again.
"""

from __future__ import annotations

import json
from pathlib import Path

from netlab.codec import json_schema
from netlab.report.document import ReportDocument
from netlab.report.record import SCHEMA

PLACE = Path(__file__).parents[1] / "docs" / "report.schema.json"


def schema() -> str:
    """The document, as it is kept in docs/."""
    generated = json_schema(ReportDocument)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{SCHEMA}", "title": "netlab report"}
    return json.dumps({**head, **generated}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PLACE.write_text(schema())
