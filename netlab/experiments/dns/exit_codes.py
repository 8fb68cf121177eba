"""What `netlab dns trace` and `netlab dns query` exit with: that of the worst of their answers."""

from __future__ import annotations

from netlab.errors import INTERRUPTED
from netlab.report.quantity import Measurement
from netlab.report.rows import row, rows_of

_CODES = {"NOERROR": 0, "NXDOMAIN": 5, "SERVFAIL": 6}
_OTHER_RCODE = 7


@row("questions")
class RcodeRow:
    """What both commands' tables of questions have."""

    rcode: str


def exit_code(found: Measurement) -> int:
    """The exit code of the worst answer; that of Ctrl-C where it came before there was any."""
    without = INTERRUPTED if found.interrupted else 0
    return max((_CODES.get(each.rcode, _OTHER_RCODE) for each in rows_of(RcodeRow, found)), default=without)
