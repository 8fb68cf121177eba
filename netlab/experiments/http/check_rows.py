"""The tables of `netlab http check`: what three parsers understood, and two that `netlab http get` has, too."""

from __future__ import annotations

from typing import Annotated

from netlab.experiments.http.get_rows import NoteRow, RefusalRow
from netlab.report.rows import Named, row


@row("three parsers")
class AspectRow:
    """What each parser says of one thing; "–" where it does not say."""

    what: str
    netlab: str
    h11: str
    http_client: Annotated[str, Named("http.client")]


ROWS = (AspectRow, NoteRow, RefusalRow)
